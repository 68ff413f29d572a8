/**
 * A month's statement as CSV (RFC 4180): one row per leg, oldest first, amounts in dollars with six
 * places. What stands in it is the platform's own words and ids, so nothing has to be quoted. Pure.
 */
import { assert } from '../core/assert.ts';
import { dayMs, isoOf } from '../core/time.ts';
import type { StatementLine } from './statement.ts';

const columns = [
  'created_at',
  'transfer_id',
  'code',
  'cluster_id',
  'account',
  'matures_on',
  'amount',
  'currency',
];

const million = 1_000_000n;

/** Dollars with all six places: `-0.166666`. */
const dollars = (units: bigint): string => {
  const size = units < 0n ? -units : units;
  const fraction = String(size % million).padStart(6, '0');
  return `${units < 0n ? '-' : ''}${size / million}.${fraction}`;
};

const rowOf = (fields: readonly string[]): string => {
  assert(
    fields.every((field) => /^[\w:.-]*$/.test(field)),
    'a field that would have to be quoted',
  );
  return `${fields.join(',')}\r\n`;
};

/** The whole document, its header included. */
export const statementToCsv = (lines: readonly StatementLine[]): string => {
  const rows = lines.flatMap((line) =>
    line.legs.map(({ group, day, units }) => [
      isoOf(line.atMs),
      line.transferId,
      line.code,
      line.clusterId ?? '',
      group,
      typeof day === 'number' ? isoOf(day * dayMs).slice(0, 10) : '',
      dollars(units),
      'usd',
    ]),
  );
  return [columns, ...rows].map(rowOf).join('');
};

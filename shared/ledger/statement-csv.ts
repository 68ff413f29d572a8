/**
 * A month's statement as CSV (RFC 4180): one row per leg, oldest first, amounts in dollars with six
 * places, or in IO with eight. What stands in it is the platform's own words and ids, so nothing has to be quoted. Pure.
 */
import { assert } from '../core/assert.ts';
import { scaleOf } from '../core/money.ts';
import { dayMs, isoOf } from '../core/time.ts';
import { assetOfKind } from './account.ts';
import type { StatementGroup, StatementLine } from './statement.ts';

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

/** The amount with all its places, `-0.166666`, and its currency. */
const amountOf = (group: StatementGroup, units: bigint): readonly [string, string] => {
  const asset = assetOfKind(group);
  const places = scaleOf[asset];
  const size = units < 0n ? -units : units;
  const whole = 10n ** BigInt(places);
  const fraction = String(size % whole).padStart(places, '0');
  return [`${units < 0n ? '-' : ''}${size / whole}.${fraction}`, asset];
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
      ...amountOf(group, units),
    ]),
  );
  return [columns, ...rows].map(rowOf).join('');
};

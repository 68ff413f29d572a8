/**
 * Statement lines and the sums of months that are over. Lines are written by the stream's consumer, so
 * they follow the transfers by some seconds; a closed month's sum is a cache that anybody may rebuild.
 */
import * as z from 'zod';
import { BugError } from '../core/assert.ts';
import { type Database, type Item, type Write, WriteRefused } from '../core/database.ts';
import { units, wholeNumber } from '../core/field.ts';
import { dayMs, isoOf } from '../core/time.ts';
import { linePrefix, lineSortKey, monthSumKey, statementPartition } from './keys.ts';
import {
  addTotals,
  type GroupTotals,
  type Month,
  monthOf,
  nextMonth,
  noTotals,
  type StatementLine,
  statementGroups,
  totalsOf,
} from './statement.ts';
import { transferCodes } from './transfer.ts';

/** How long after its end a month still waits for late lines before its sum is kept. */
const settledAfterMs = 2 * dayMs;
const linesPerPage = 1000;
const pagesMax = 10_000;

const storedLine = z.object({
  organisation: z.string(),
  transfer_id: z.string(),
  code: z.enum(transferCodes),
  at_ms: wholeNumber,
  cluster_id: z.string().optional(),
  legs: z.array(
    z.object({
      group: z.enum(statementGroups),
      day: z.union([wholeNumber, z.literal('review')]).optional(),
      units,
    }),
  ),
});

const parse = (item: Item): StatementLine => {
  const row = storedLine.parse(item);
  return {
    organisation: row.organisation,
    transferId: row.transfer_id,
    code: row.code,
    atMs: row.at_ms,
    legs: row.legs.map(({ group, day, units: amount }) => ({
      group,
      units: amount,
      ...(day === undefined ? {} : { day }),
    })),
    ...(row.cluster_id === undefined ? {} : { clusterId: row.cluster_id }),
  };
};

/** Writes the line unless it is there. */
export const putStatementLine = (line: StatementLine): Write => ({
  kind: 'put',
  table: 'ledger',
  key: {
    pk: statementPartition(line.organisation),
    sk: lineSortKey(isoOf(line.atMs), line.transferId),
  },
  attributes: {
    organisation: line.organisation,
    transfer_id: line.transferId,
    code: line.code,
    at_ms: line.atMs,
    cluster_id: line.clusterId,
    legs: line.legs.map(({ group, day, units: amount }) => ({ group, day, units: amount })),
  },
  condition: { exists: false },
});

/** Counts a line that came after its month's sum may have been kept: the sum no longer counts. */
export const countLateLine = (line: StatementLine, nowMs: number): Write | undefined => {
  const month = monthOf(line.atMs);
  if (!isSettled(month, nowMs)) return undefined;
  return {
    kind: 'update',
    table: 'ledger',
    key: monthSumKey(line.organisation, month),
    add: { late: 1n },
    condition: {},
  };
};

/** An organisation's lines, newest first; of one month when one is named, then oldest first. */
export const listStatementLines = async (
  database: Database,
  organisation: string,
  page: {
    readonly month?: Month;
    readonly limit: number;
    readonly cursor?: string | undefined;
  },
): Promise<{ readonly lines: readonly StatementLine[]; readonly next: string | undefined }> => {
  const { month, limit, cursor } = page;
  const found = await database.query('ledger', {
    pk: statementPartition(organisation),
    skPrefix: month === undefined ? linePrefix : lineSortKey(month),
    descending: month === undefined,
    limit,
    cursor,
  });
  return { lines: found.items.map(parse), next: found.next };
};

/** What stood on the organisation's accounts when the month began. */
export const sumBefore = async (
  database: Database,
  organisation: string,
  month: Month,
  nowMs: number,
): Promise<GroupTotals> => {
  const first = await database.query('ledger', {
    pk: statementPartition(organisation),
    skPrefix: linePrefix,
    limit: 1,
  });
  if (!first.items[0]) return noTotals;
  let totals = noTotals;
  let each = monthOf(parse(first.items[0]).atMs);
  for (; each < month && each <= monthOf(nowMs); each = nextMonth(each)) {
    totals = addTotals(totals, await sumOfMonth(database, organisation, each, nowMs));
  }
  return totals;
};

/** What the lines of one month add up to; kept once the month has settled. */
export const sumOfMonth = async (
  database: Database,
  organisation: string,
  month: Month,
  nowMs: number,
): Promise<GroupTotals> => {
  const key = monthSumKey(organisation, month);
  const item = await database.get('ledger', key);
  const kept = item && storedSum.parse(item);
  if (kept?.totals && kept.summed_late === kept.late) return kept.totals;
  const totals = await addLines(database, organisation, month);
  if (isSettled(month, nowMs)) {
    const late = kept?.late ?? 0n;
    await keepSum(database, {
      kind: 'update',
      table: 'ledger',
      key,
      set: { totals: { ...totals }, summed_late: late },
      condition: late === 0n ? { missing: ['late'] } : { equals: { late } },
    });
  }
  return totals;
};

const addLines = async (
  database: Database,
  organisation: string,
  month: Month,
): Promise<GroupTotals> => {
  let totals = noTotals;
  let cursor: string | undefined;
  for (let page = 0; page < pagesMax; page += 1) {
    const found = await listStatementLines(database, organisation, {
      month,
      limit: linesPerPage,
      cursor,
    });
    totals = addTotals(totals, totalsOf(found.lines));
    cursor = found.next;
    if (cursor === undefined) return totals;
  }
  throw new BugError(`${organisation} has more lines in ${month} than a statement can add up`);
};

/** Keeps a sum; when a line came late in between, the next reader adds up again. */
const keepSum = async (database: Database, write: Write): Promise<void> => {
  try {
    await database.write(write);
  } catch (error) {
    if (!(error instanceof WriteRefused)) throw error;
  }
};

const storedSum = z.object({
  totals: z
    .object({
      credit: units,
      debt: units,
      earning: units,
      matured: units,
      // Sums that were kept before there were rewards do not have these.
      rewarded: units.default(0n),
      staked: units.default(0n),
    })
    .optional(),
  /** Lines that came late so far, and how many of them the totals contain. */
  late: units.default(0n),
  summed_late: units.optional(),
});

const isSettled = (month: Month, nowMs: number): boolean => month < monthOf(nowMs - settledAfterMs);

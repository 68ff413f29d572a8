/**
 * The statement of an hour: what was released, and what each device got and why, in a form that anybody can
 * check. A row is a set of texts; the same texts, under the same names, are a line of the CSV and a leaf of the
 * Merkle tree (RFC 8785, which for such rows is plain JSON with sorted names). The first leaf is the head with
 * the sums, so that one root fixes everything. Two different statements never have the same text or root.
 */
import { assert } from '../core/assert.ts';
import { MerkleTree } from './merkle.ts';
import type { RewardEntry } from './nomination.ts';
import { type PerPool, pools } from './pool.ts';
import { rewardGates } from './reward-gate.ts';
import type { HourSplit, PoolSplit } from './split.ts';

/** The columns of the CSV, in their order. */
export const statementColumns = [
  'public_id',
  'pool',
  ...rewardGates,
  'processors',
  'proved',
  'score',
  'amount',
] as const;

export type StatementColumn = (typeof statementColumns)[number];

/** One entry. Gates hold `passed` or the reason; the rest are whole numbers in decimal. */
export type StatementRow = Readonly<Record<StatementColumn, string>>;

/** The members of the head, in the order of their names. */
const headMembers = [
  'community_emission',
  'community_score',
  'community_unallocated',
  'emission',
  'enterprise_emission',
  'enterprise_score',
  'enterprise_unallocated',
  'entries',
  'epoch',
  'hour',
  'v',
] as const;

/**
 * What holds for the whole hour: `epoch` is its name (`YYYY-MM-DDTHH`), `hour` its number in the schedule,
 * `emission` what it released in base units of IO. `v` is 1.
 */
export type StatementHead = Readonly<Record<(typeof headMembers)[number], string>>;

export interface Statement {
  readonly head: StatementHead;
  readonly rows: readonly StatementRow[];
}

/** Which hour a statement is of. */
export interface StatedHour {
  readonly epochId: string;
  readonly hour: number;
}

/** The head of the statement of an hour with so many entries. */
export const headOf = (
  { epochId, hour }: StatedHour,
  plan: PerPool<PoolSplit>,
  entries: number,
): StatementHead => {
  const texts = pools.flatMap((pool) => [
    [`${pool}_emission`, plan[pool].units.toString()],
    [`${pool}_score`, plan[pool].score.toString()],
    [`${pool}_unallocated`, plan[pool].unallocatedUnits.toString()],
  ]);
  return {
    v: '1',
    epoch: epochId,
    hour: String(hour),
    emission: (plan.enterprise.units + plan.community.units).toString(),
    entries: String(entries),
    ...Object.fromEntries(texts),
  } as StatementHead;
};

/** The row of an entry that got so many base units of IO. */
export const rowOf = (entry: RewardEntry, units: bigint): StatementRow => {
  const gates = rewardGates.map((gate) => [gate, entry.gates[gate] ?? 'passed']);
  return {
    public_id: entry.publicId,
    pool: entry.pool,
    processors: String(entry.processors),
    proved: String(entry.proved),
    score: entry.score.toString(),
    amount: units.toString(),
    ...Object.fromEntries(gates),
  } as StatementRow;
};

/** The statement of an hour that was split; `entries` are those that were split, in their order. */
export const statementOf = (
  stated: StatedHour,
  entries: readonly RewardEntry[],
  { plan, shares }: HourSplit,
): Statement => {
  assert(entries.length === shares.length, 'a share for every entry');
  return {
    head: headOf(stated, plan, entries.length),
    rows: entries.map((entry, index) => rowOf(entry, shares[index] ?? 0n)),
  };
};

/** Texts that need no escape, in JSON as in CSV. */
const plainText = /^[0-9A-Za-z_-]+$/;

const canonicalText = <Name extends string>(
  names: readonly Name[],
  texts: Readonly<Record<Name, string>>,
): string => {
  const members = names.map((name) => {
    assert(plainText.test(texts[name]), `${name} is no plain text`);
    return `"${name}":"${texts[name]}"`;
  });
  return `{${members.join(',')}}`;
};

const sortedColumns = statementColumns.toSorted();

/** The leaf of a row. */
export const rowLeafOf = (row: StatementRow): string => canonicalText(sortedColumns, row);

/** The leaf of the head, which stands first. */
export const headLeafOf = (head: StatementHead): string => canonicalText(headMembers, head);

/** The tree of a statement: the head at 0, the row with index i at i + 1. */
export const treeOf = ({ head, rows }: Statement): MerkleTree => {
  const tree = new MerkleTree(rows.length + 1);
  tree.add(headLeafOf(head));
  for (const row of rows) tree.add(rowLeafOf(row));
  return tree;
};

/** The first line of the CSV. */
export const csvTitle = statementColumns.join(',');

/** The line of a row, without its line feed. */
export const csvLineOf = (row: StatementRow): string => {
  const cells = statementColumns.map((column) => row[column]);
  assert(
    cells.every((cell) => plainText.test(cell)),
    'a cell that is no plain text',
  );
  return cells.join(',');
};

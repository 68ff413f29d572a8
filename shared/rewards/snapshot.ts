/**
 * What an hour's split follows from: a shard of entries with whose they are, as text, a line for each. One
 * content has one text: what is read back is what was written, or a BugError. Pure.
 */
import { assert } from '../core/assert.ts';
import type { Id } from '../core/ids.ts';
import type { RewardEntry } from './nomination.ts';
import { type Pool, pools } from './pool.ts';
import { type GateOutcomes, rewardGateReasons, rewardGates } from './reward-gate.ts';

/** An entry of the hour, and what its share is posted by. */
export interface SnapshotEntry extends RewardEntry {
  readonly deviceId: Id<'dev'>;
  readonly organisationId: Id<'org'>;
  /** Its share is held for a while. */
  readonly held: boolean;
  /** No hour was rewarded before. */
  readonly first: boolean;
}

/** Shards that an hour's devices are read in, each by a call of its own: one to four of those of places. */
export const snapshotShards = 16;

const passed = '-';
const reasons: ReadonlySet<string> = new Set(rewardGateReasons);

const lineOf = (entry: SnapshotEntry): string =>
  [
    entry.publicId,
    entry.deviceId,
    entry.organisationId,
    entry.pool,
    entry.processors,
    entry.proved,
    entry.score,
    entry.held ? 'held' : passed,
    entry.first ? 'first' : passed,
    ...rewardGates.map((gate) => entry.gates[gate] ?? passed),
  ].join(' ');

/** The text of a shard. */
export const snapshotTextOf = (entries: readonly SnapshotEntry[]): string =>
  entries.map((entry) => `${lineOf(entry)}\n`).join('');

/** Reads shards; equal outcomes of gates become one object, for a million devices have few different ones. */
export const snapshotReader = (): ((text: string) => readonly SnapshotEntry[]) => {
  const known = new Map<string, GateOutcomes>();
  const gatesOf = (cells: readonly string[]): GateOutcomes => {
    const text = cells.join(' ');
    const found = known.get(text) ?? gatesIn(cells);
    known.set(text, found);
    return found;
  };
  return (text) => {
    const lines = text.split('\n');
    assert(lines.pop() === '', 'a shard without a line feed at its end');
    return lines.map((line) => entryIn(line, gatesOf));
  };
};

const gatesIn = (cells: readonly string[]): GateOutcomes => {
  assert(cells.length === rewardGates.length, `${cells.length} gates`);
  for (const cell of cells) assert(cell === passed || reasons.has(cell), `no outcome: ${cell}`);
  const outcomes = cells.map((cell, index) => [rewardGates[index], cell === passed ? null : cell]);
  return Object.fromEntries(outcomes) as GateOutcomes;
};

const entryIn = (
  line: string,
  gatesOf: (cells: readonly string[]) => GateOutcomes,
): SnapshotEntry => {
  const [
    publicId,
    deviceId,
    organisationId,
    pool,
    processors,
    proved,
    score,
    held,
    first,
    ...gates
  ] = line.split(' ');
  assert(pools.includes(pool as Pool) && first !== undefined && score, `no entry: ${line}`);
  return {
    publicId: publicId ?? '',
    deviceId: deviceId as Id<'dev'>,
    organisationId: organisationId as Id<'org'>,
    pool: pool as Pool,
    processors: Number(processors),
    proved: Number(proved),
    score: BigInt(score),
    held: held === 'held',
    first: first === 'first',
    gates: gatesOf(gates),
  };
};

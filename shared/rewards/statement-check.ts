/**
 * Checks a statement and the proof of a share as anybody can, with nothing but the documents: the root, the
 * order, every amount by the split itself, the sums, and the hour's emission by the schedule. What no document
 * can show is that gates and scores were those that really were.
 */
import { bytesOfHex, toHex } from '../proofs/protocol/bytes.ts';
import { emissionOf } from '../token/emission.ts';
import { rootOfInclusion } from './merkle.ts';
import { inOrder } from './order.ts';
import { rewardPolicyAt } from './policy.ts';
import { type Pool, perPool, pools } from './pool.ts';
import { rewardGates } from './reward-gate.ts';
import type { PublishedStatement, RewardProof } from './schemas.ts';
import { scoreMax } from './score.ts';
import { planPools, splitHour } from './split.ts';
import {
  headLeafOf,
  rowLeafOf,
  type StatementHead,
  type StatementRow,
  treeOf,
} from './statement.ts';

/** What one check found. */
export interface StatementCheck {
  readonly name: string;
  readonly passed: boolean;
  /** What was found: that it is so, or what is wrong. */
  readonly found: string;
}

const check = (name: string, fault: string | undefined, confirmed: string): StatementCheck => ({
  name,
  passed: fault === undefined,
  found: fault ?? confirmed,
});

const policyOf = ({ epoch }: StatementHead) =>
  rewardPolicyAt('published', Date.parse(`${epoch}:00:00.000Z`));

/** Line of the CSV that a row stands in. */
const lineOf = (index: number): string => `line ${index + 2}`;

const checkOrder = (epoch: string, rows: readonly StatementRow[]): StatementCheck => {
  const placed = rows.map((row, index) => ({
    publicId: row.public_id,
    pool: row.pool as Pool,
    index,
  }));
  const twice = doubled(placed);
  if (twice !== undefined) return check('order', `${twice} stands twice in a pool`, '');
  const sorted = inOrder(epoch, placed);
  const wrong = sorted.findIndex(({ index }, place) => index !== place);
  const fault = wrong < 0 ? undefined : `${lineOf(wrong)} does not stand where its id belongs`;
  return check('order', fault, `${rows.length} entries, each once, in the order of the hour`);
};

const doubled = (placed: readonly { publicId: string; pool: string }[]): string | undefined => {
  const seen = new Set<string>();
  for (const { publicId, pool } of placed) {
    if (seen.has(`${publicId} ${pool}`)) return publicId;
    seen.add(`${publicId} ${pool}`);
  }
  return undefined;
};

/** The score of a row is 0 if and only if a gate is closed, and never above the bound. */
const checkScores = (head: StatementHead, rows: readonly StatementRow[]): StatementCheck => {
  const most = scoreMax(policyOf(head));
  for (const [index, row] of rows.entries()) {
    const open = rewardGates.every((gate) => row[gate] === 'passed');
    const score = BigInt(row.score);
    if (score > most) {
      return check('scores', `${lineOf(index)}: a score of ${score} is above ${most}`, '');
    }
    if (open !== score > 0n) {
      const why = open ? 'no score where all gates are passed' : 'a score where a gate is closed';
      return check('scores', `${lineOf(index)}: ${why}`, '');
    }
    if (BigInt(row.proved) > BigInt(row.processors)) {
      return check('scores', `${lineOf(index)}: more processors proved than there are`, '');
    }
  }
  return check('scores', undefined, `within ${most}, and 0 where a gate is closed`);
};

const checkEmission = ({ emission, hour }: StatementHead): StatementCheck => {
  const planned = emissionOf(Number(hour))?.units ?? 0n;
  const fault =
    BigInt(emission) > planned
      ? `${emission} were released where the schedule has ${planned}`
      : undefined;
  const less = BigInt(emission) < planned ? `, of the ${planned} of the schedule` : '';
  return check('emission', fault, `${emission} base units of IO in hour ${hour}${less}`);
};

/** What the pools give and keep, computed anew from the sums of scores. */
const checkPools = (head: StatementHead): StatementCheck => {
  const scores = perPool((pool) => BigInt(head[`${pool}_score`]));
  const plan = planPools(BigInt(head.emission), scores, policyOf(head));
  const faults = pools.flatMap((pool) => {
    const { units, unallocatedUnits } = plan[pool];
    const told = [head[`${pool}_emission`], head[`${pool}_unallocated`]];
    const right = [String(units), String(unallocatedUnits)];
    return told.join() === right.join()
      ? []
      : [`${pool} gives ${told[0]} and keeps ${told[1]}, should be ${right.join(' and ')}`];
  });
  const given = pools.map((pool) => `${pool} ${head[`${pool}_emission`]}`);
  return check('pools', faults[0], given.join(', '));
};

/** The sums of the rows and every amount, computed anew from the scores. */
const checkAmounts = (head: StatementHead, rows: readonly StatementRow[]): StatementCheck => {
  const entries = rows.map(({ pool, score }) => ({ pool: pool as Pool, score: BigInt(score) }));
  const { plan, shares } = splitHour(BigInt(head.emission), entries, policyOf(head));
  if (head.entries !== String(rows.length)) {
    return check('amounts', `${rows.length} rows where the head has ${head.entries}`, '');
  }
  for (const pool of pools) {
    const told = head[`${pool}_score`];
    const sum = String(plan[pool].score);
    if (told !== sum) {
      return check('amounts', `the ${pool} scores sum to ${sum}, not ${told}`, '');
    }
  }
  const wrong = rows.findIndex(({ amount }, index) => BigInt(amount) !== shares[index]);
  const row = rows[wrong];
  const fault = row && `${lineOf(wrong)}: ${row.amount} where the split gives ${shares[wrong]}`;
  return check(
    'amounts',
    fault,
    'every share is what the split gives; they sum to what the pools give',
  );
};

/** Checks all rows against what was published of them. */
export const checkStatement = (
  { head, root }: PublishedStatement,
  rows: readonly StatementRow[],
): readonly StatementCheck[] => {
  const emission = checkEmission(head);
  const scores = checkScores(head, rows);
  const computed = toHex(treeOf({ head, rows }).root());
  return [
    check(
      'root',
      computed === root ? undefined : `the rows have the root ${computed}, not ${root}`,
      root,
    ),
    emission,
    checkOrder(head.epoch, rows),
    scores,
    // What is beyond its bound is nothing that could be split.
    ...(emission.passed ? [checkPools(head)] : []),
    ...(emission.passed && scores.passed ? [checkAmounts(head, rows)] : []),
  ];
};

const leadsTo = (
  root: string,
  inclusion: {
    readonly leaf: string;
    readonly place: number;
    readonly size: number;
    readonly path: readonly string[];
  },
): boolean => {
  const path = inclusion.path.map((text) => bytesOfHex(text));
  const found = rootOfInclusion({ ...inclusion, path });
  return found !== undefined && toHex(found) === root;
};

/** An amount is less than a base unit away from the exact share of its score. */
const isFair = (row: StatementRow, head: StatementHead): boolean => {
  const pool = row.pool as Pool;
  const total = BigInt(head[`${pool}_score`]);
  if (BigInt(row.score) === 0n) return row.amount === '0';
  const off = BigInt(row.amount) * total - BigInt(head[`${pool}_emission`]) * BigInt(row.score);
  return off < total && -off < total;
};

/** The rows of one device, one for a pool. */
const checkDevice = ({ entries }: RewardProof): StatementCheck => {
  const ids = new Set(entries.map(({ row }) => row.public_id));
  const places = new Set(entries.map(({ row }) => row.pool));
  const isOne = ids.size === 1 && places.size === entries.length;
  return check(
    'device',
    isOne ? undefined : 'the rows are not those of one device, one for a pool',
    [...ids].join(),
  );
};

/** Checks the proof of a device's rows: that they stand under the root, and that their amounts are right. */
export const checkRewardProof = (proof: RewardProof): readonly StatementCheck[] => {
  const { head, root } = proof.statement;
  const size = Number(head.entries) + 1;
  const emission = checkEmission(head);
  const headStands = leadsTo(root, {
    leaf: headLeafOf(head),
    place: 0,
    size,
    path: proof.head_path,
  });
  return [
    check('head', headStands ? undefined : 'the head does not lead to the root', `under ${root}`),
    emission,
    ...(emission.passed ? [checkPools(head)] : []),
    checkDevice(proof),
    ...proof.entries.flatMap(({ row, place, path }) => {
      const stands = leadsTo(root, { leaf: rowLeafOf(row), place, size, path });
      const name = `${row.pool} row`;
      const wrong = `${row.amount} is not the share of ${row.score} in the ${row.pool} pool`;
      return [
        check(name, stands ? undefined : 'the row does not lead to the root', `place ${place}`),
        check(`${row.pool} share`, isFair(row, head) ? undefined : wrong, `${row.amount}`),
      ];
    }),
  ];
};

/**
 * Step `split-epoch` of close-epoch: splits what the hour releases over the snapshot, and writes the statement
 * and what is to be posted, part by part, the manifest last. The same snapshot gives the same documents under
 * the same names, so a second attempt writes what is there, and nothing counts before it is committed.
 */
import { present } from '../../../shared/core/assert.ts';
import { getRewardFund } from '../../../shared/ledger/rewards/io-balance-store.ts';
import type { Manifest } from '../../../shared/rewards/manifest.ts';
import { orderKeyOf } from '../../../shared/rewards/order.ts';
import { type RewardPolicy, rewardPolicyAt } from '../../../shared/rewards/policy.ts';
import { planPostings } from '../../../shared/rewards/postings.ts';
import type { SnapshotEntry } from '../../../shared/rewards/snapshot.ts';
import { splitHour } from '../../../shared/rewards/split.ts';
import { headOf, rowOf } from '../../../shared/rewards/statement.ts';
import {
  partBounds,
  partRootOf,
  partTextOf,
  rootOfParts,
} from '../../../shared/rewards/statement-parts.ts';
import { putDocument } from '../../../shared/rewards/statement-store.ts';
import { emissionOf } from '../../../shared/token/emission.ts';
import type { RewardsNeeds } from '../rewards-needs.ts';
import { type EpochOutcome, type EpochStepInput, numbersTo, requireEpoch } from './epoch-step.ts';
import { readSnapshot } from './read-snapshot.ts';

export const splitEpochStep = async (
  needs: RewardsNeeds,
  input: EpochStepInput,
): Promise<EpochOutcome> => {
  const epoch = await requireEpoch(needs, input);
  const { id, hour, result } = epoch;
  if (result) return { outcome: 'committed', epoch_id: id, items: numbersTo(result.postings) };
  const entries = await readSnapshot(needs, id);
  const policy = rewardPolicyAt(needs.stage, epoch.startMs);
  const released = await releasedUnits(needs, hour);
  const manifest = await writeStatement(needs, { id, hour, entries, policy, released });
  const output_hash = await putDocument(needs.statements, id, JSON.stringify(manifest));
  return { outcome: 'split', epoch_id: id, output_hash, items: [] };
};

/** What the schedule says; where rewards come from a fund, never more than is there. */
const releasedUnits = async (
  { token, database }: Pick<RewardsNeeds, 'token' | 'database'>,
  hour: number,
): Promise<bigint> => {
  const { units } = present(emissionOf(hour), `hour ${hour} is none of the emission`);
  if (token?.mode !== 'existing') return units;
  const fund = await getRewardFund(database);
  return fund < units ? fund : units;
};

interface HourToSplit {
  readonly id: string;
  readonly hour: number;
  /** In order. */
  readonly entries: readonly SnapshotEntry[];
  readonly policy: RewardPolicy;
  readonly released: bigint;
}

/** Writes the parts of the statement and the documents of postings; answers what names them all. */
const writeStatement = async (
  { statements }: RewardsNeeds,
  { id, hour, entries, policy, released }: HourToSplit,
): Promise<Manifest> => {
  const { plan, shares } = splitHour(released, entries, policy);
  const head = headOf({ epochId: id, hour }, plan, entries.length);
  const parts: Manifest['parts'] = [];
  for (const [index, { from, to }] of partBounds(entries.length).entries()) {
    const rows = entries
      .slice(from, to)
      .map((entry, at) => rowOf(entry, present(shares[from + at], 'an entry without a share')));
    const [first] = rows;
    parts.push({
      hash: await putDocument(statements, id, partTextOf(index, rows)),
      rows: rows.length,
      first_key: first ? orderKeyOf(id, first.public_id) : '',
      root: partRootOf(head, index, rows),
    });
  }
  const postings: Manifest['postings'] = [];
  for (const document of planPostings(entries, shares)) {
    postings.push({
      hash: await putDocument(statements, id, JSON.stringify(document)),
      receipts: document.receipts.length,
      firsts: document.firsts.length,
    });
  }
  return {
    v: 1,
    statement: { head: head as Manifest['statement']['head'], root: rootOfParts(parts) },
    parts,
    postings,
  };
};

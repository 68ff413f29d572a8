/**
 * Step `post-rewards` of close-epoch: pays the organisations of one document for the hour, and notes which
 * devices were rewarded first. Each is done once, however often this runs.
 */
import { present } from '../../../shared/core/assert.ts';
import { hourMs } from '../../../shared/core/time.ts';
import { putFirstReward } from '../../../shared/rewards/first-reward-store.ts';
import { type Postings, postingsSchema } from '../../../shared/rewards/manifest.ts';
import { rewardPolicyAt } from '../../../shared/rewards/policy.ts';
import { getDocument, getManifest } from '../../../shared/rewards/statement-store.ts';
import { inLanes } from '../../kit/lanes.ts';
import { commit, writesMax } from '../../kit/transaction.ts';
import { postReward } from '../../ledger/rewards/post-reward.ts';
import type { RewardsNeeds } from '../rewards-needs.ts';
import { type EpochOutcome, type EpochStepInput, requireCommitted } from './epoch-step.ts';

export const postRewardsStep = async (
  needs: RewardsNeeds,
  input: EpochStepInput,
): Promise<EpochOutcome> => {
  const { epoch, result } = await requireCommitted(needs, input);
  const { id, startMs } = epoch;
  const done = { outcome: 'posted', epoch_id: id, items: [] };
  if (epoch.status === 'completed') return done;
  const { postings } = await getManifest(needs.statements, id, result.outputHash);
  const { hash } = present(postings[present(input.item, 'no document was named')], 'no document');
  const { receipts, firsts } = postingsSchema.parse(
    JSON.parse(await getDocument(needs.statements, id, hash)),
  );
  await payAll(needs, id, { receipts, startMs });
  for (let from = 0; from < firsts.length; from += writesMax) {
    const page = firsts.slice(from, from + writesMax);
    const writes = page.map(({ device_id, organisation_id }) =>
      putFirstReward({ deviceId: device_id, organisationId: organisation_id, startMs }),
    );
    await commit(needs, writes);
  }
  return done;
};

/** Transfers that are posted side by side: more would stand in one another's way at the pool. */
const lanes = 4;

const payAll = async (
  needs: RewardsNeeds,
  epochId: string,
  { receipts, startMs }: { readonly receipts: Postings['receipts']; readonly startMs: number },
): Promise<void> => {
  const { heldMs } = rewardPolicyAt(needs.stage, startMs);
  const releaseAtMs = startMs + hourMs + heldMs;
  await inLanes(receipts, lanes, ({ organisation_id, units, held_units }) =>
    postReward(needs, {
      epochId,
      organisation: organisation_id,
      units,
      heldUnits: held_units,
      releaseAtMs,
    }),
  );
};

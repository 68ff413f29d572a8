/** What crosses the boundary of the operator's endpoints of rewards that are kept for suspicion. */
import * as z from 'zod';
import { present } from '../core/assert.ts';
import { idSchema } from '../core/ids.ts';
import { moneySchema, moneyToJson } from '../core/money.ts';
import { isoOf } from '../core/time.ts';
import { isoSchema, listOf, pageQuery } from '../core/wire.ts';
import type { RewardHold } from './rewards/reward.ts';

export const listKeptRewardsQuery = z.strictObject({
  ...pageQuery,
  /** Only what is kept of this organisation. */
  organisation_id: idSchema('org').optional(),
});

const keptRewardSchema = z
  .strictObject({
    object: z.literal('kept_reward'),
    organisation_id: idSchema('org'),
    /** The hour in which it was earned. */
    epoch_id: z.string(),
    amount: moneySchema,
    /** When it would have come free. */
    due_at: isoSchema,
    kept_at: isoSchema,
  })
  .meta({ id: 'KeptReward' });

export const keptRewardListSchema = listOf(keptRewardSchema);

export const keptRewardToJson = (hold: RewardHold): z.input<typeof keptRewardSchema> => ({
  object: 'kept_reward',
  organisation_id: hold.organisation as `org_${string}`,
  epoch_id: hold.epochId,
  amount: moneyToJson({ asset: 'io', units: hold.left }),
  due_at: isoOf(hold.releaseAtMs),
  kept_at: isoOf(present(hold.keptAtMs, `${hold.id} is not kept`)),
});

export const releaseKeptRewardsSchema = z
  .strictObject({ reason: z.string().min(1).max(200) })
  .meta({ id: 'ReleaseKeptRewards' });

export const releasedRewardsSchema = z
  .strictObject({
    object: z.literal('released_rewards'),
    organisation_id: idSchema('org'),
    amount: moneySchema,
    /** Of so many hours. */
    hours: z.number().int().positive(),
    /** Ask again to release the rest. */
    has_more: z.boolean(),
  })
  .meta({ id: 'ReleasedRewards' });

/**
 * POST /v1/ledger/kept-rewards/{organisation_id}/release: the operator gives free what was kept of an
 * organisation's rewards. The release and its audit event are one transaction.
 */
import type * as z from 'zod';
import { AppError } from '../../shared/core/errors.ts';
import type { Id } from '../../shared/core/ids.ts';
import { moneyToJson } from '../../shared/core/money.ts';
import type {
  releasedRewardsSchema,
  releaseKeptRewardsSchema,
} from '../../shared/ledger/kept-reward-schemas.ts';
import { auditDecision } from '../identity/audit-decision.ts';
import type { Call } from '../kit/route.ts';
import type { PostingNeeds } from './post-fact.ts';
import { releaseKeptRewards as release } from './rewards/release-kept-rewards.ts';

export const releaseKeptRewards = async (
  needs: PostingNeeds,
  call: Call<
    'key',
    { readonly organisation_id: Id<'org'> },
    unknown,
    z.output<typeof releaseKeptRewardsSchema>
  >,
): Promise<z.input<typeof releasedRewardsSchema>> => {
  const { organisation_id: organisation } = call.params;
  const { reason } = call.body;
  const audit = auditDecision(call, { action: 'rewards.released', target: organisation, reason });
  const released = await release(needs, organisation, [audit]);
  if (released.outcome === 'nothing') throw new AppError('kept_rewards.nothing');
  return {
    object: 'released_rewards',
    organisation_id: organisation,
    amount: moneyToJson({ asset: 'io', units: released.units }),
    hours: released.hours,
    has_more: released.hasMore,
  };
};

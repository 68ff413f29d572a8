/**
 * POST /v1/ledger/earnings-reviews/{organisation_id}/approve: the operator releases the earnings that were
 * looked at. The release and its audit event are one transaction; the same version again is the same answer.
 */
import type * as z from 'zod';
import { AppError } from '../../shared/core/errors.ts';
import type { Id } from '../../shared/core/ids.ts';
import { approvalToJson, type approveEarningsSchema } from '../../shared/ledger/review-schemas.ts';
import { auditDecision } from '../identity/audit-decision.ts';
import type { Call } from '../kit/route.ts';
import type { PostingNeeds } from './post-fact.ts';
import { approveEarnings } from './review-earnings.ts';

export const approveEarningsReview = async (
  needs: PostingNeeds,
  call: Call<
    'key',
    { readonly organisation_id: Id<'org'> },
    unknown,
    z.output<typeof approveEarningsSchema>
  >,
) => {
  const { organisation_id: organisation } = call.params;
  const { version, reason } = call.body;
  const audit = auditDecision(call, { action: 'earnings.approved', target: organisation, reason });
  const approval = { organisation, version: BigInt(version) };
  const result = await approveEarnings(needs, approval, [audit]);
  if (result.outcome === 'nothing') throw new AppError('earnings_review.nothing');
  if (result.outcome === 'moved') throw new AppError('earnings_review.moved');
  return approvalToJson(organisation, result.transfer);
};

/**
 * POST /v1/ledger/claw-backs: the operator takes back from a supplier linked to the payer what a dispute
 * left owed. One transaction with its audit event; the same order again is the same answer.
 */
import type * as z from 'zod';
import { AppError } from '../../shared/core/errors.ts';
import { clawBackCause, clawBackId } from '../../shared/ledger/earnings-review.ts';
import { getTransfer } from '../../shared/ledger/ledger-store.ts';
import {
  clawBackOrderOf,
  clawBackToJson,
  type createClawBackSchema,
} from '../../shared/ledger/review-schemas.ts';
import { auditDecision } from '../identity/audit-decision.ts';
import type { Call } from '../kit/route.ts';
import type { PostingNeeds } from './post-fact.ts';
import { clawBack } from './review-earnings.ts';

export const createClawBack = async (
  needs: PostingNeeds,
  call: Call<'key', unknown, unknown, z.output<typeof createClawBackSchema>>,
) => {
  const order = clawBackOrderOf(call.body);
  const id = clawBackId(order);
  const before = await getTransfer(needs.database, id);
  if (before && before.cause !== clawBackCause(order)) throw new AppError('claw_back.exists');
  const { reason } = call.body;
  const audit = auditDecision(call, { action: 'earnings.clawed_back', target: id, reason });
  const result = await clawBack(needs, order, [audit]);
  if (result.outcome === 'dispute_unknown') throw new AppError('claw_back.dispute_unknown');
  if (result.outcome === 'not_linked') throw new AppError('claw_back.not_linked');
  if (result.outcome === 'nothing') throw new AppError('claw_back.nothing');
  // What was taken is as committed, whoever asked first.
  return clawBackToJson(order, (await getTransfer(needs.database, id)) ?? result.transfer);
};

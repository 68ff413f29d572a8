/**
 * POST /v1/payout-approvals/{payout_id}: the operator lets a large payout go, or gives it back. In one
 * transaction with the operator's audit event; the same decision again is the same answer.
 */
import type * as z from 'zod';
import { AppError } from '../../../shared/core/errors.ts';
import { canMove, movedPayout, type Payout } from '../../../shared/payments/payouts/payout.ts';
import {
  type decidePayoutSchema,
  payoutToJson,
} from '../../../shared/payments/payouts/payout-schemas.ts';
import { getPayout, putPayout } from '../../../shared/payments/payouts/payout-store.ts';
import { auditDecision } from '../../identity/audit-decision.ts';
import { retryRefused } from '../../kit/retry.ts';
import type { Call } from '../../kit/route.ts';
import type { Runtime } from '../../kit/runtime.ts';
import { commit } from '../../kit/transaction.ts';
import { voidPayout } from '../../ledger/chain/post-payout.ts';

type DecideCall = Call<
  'key',
  { readonly payout_id: Payout['id'] },
  unknown,
  z.output<typeof decidePayoutSchema>
>;

export const decidePayout = async (needs: Runtime, call: DecideCall) => {
  const { payout_id: payoutId } = call.params;
  const { decision, reason } = call.body;
  const approves = decision === 'approve';
  const action = approves ? 'payout.approved' : 'payout.rejected';
  const audit = auditDecision(call, { action, target: payoutId, reason });
  return retryRefused(needs, async () => {
    const payout = await getPayout(needs.database, payoutId);
    if (!payout) throw new AppError('payout.not_found');
    if (isDecided(payout, approves)) return payoutToJson(payout);
    if (payout.status !== 'awaiting_approval') throw new AppError('payout.wrong_status');
    if (approves) {
      const approved = movedPayout(payout, 'approve');
      await commit(needs, [...putPayout(approved, payout), audit]);
      return payoutToJson(approved);
    }
    const rejected = movedPayout(payout, 'refuse', { reason: 'rejected_by_operator' });
    await voidPayout(needs, { payoutId }, [...putPayout(rejected, payout), audit]);
    return payoutToJson(rejected);
  });
};

/** Whether an operator has decided just this about it. */
const isDecided = (payout: Payout, approves: boolean): boolean =>
  approves
    ? payout.lane === 'approved' &&
      (payout.status === 'paid' || canMove(payout, 'claim') || payout.status === 'sending')
    : payout.reason === 'rejected_by_operator';

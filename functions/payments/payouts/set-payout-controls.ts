/**
 * PUT /v1/payout-controls: the operator stops payouts, or lets them go on. Once this is answered nothing more
 * is signed, for what is signed is held to it; what was signed before goes on to its end.
 */
import type * as z from 'zod';
import {
  getPayoutControls,
  putPayoutControls,
} from '../../../shared/payments/payouts/payout-controls-store.ts';
import {
  payoutControlsToJson,
  type setPayoutControlsSchema,
} from '../../../shared/payments/payouts/payout-schemas.ts';
import { auditDecision } from '../../identity/audit-decision.ts';
import { retryRefused } from '../../kit/retry.ts';
import type { Call } from '../../kit/route.ts';
import { type CommitRuntime, commit } from '../../kit/transaction.ts';

export const setPayoutControls = (
  needs: CommitRuntime,
  call: Call<'key', unknown, unknown, z.output<typeof setPayoutControlsSchema>>,
) => {
  const { paused, reason } = call.body;
  const action = paused ? 'payouts.paused' : 'payouts.resumed';
  const audit = auditDecision(call, { action, target: 'payouts', reason });
  return retryRefused(needs, async () => {
    const controls = await getPayoutControls(needs.database);
    const pausedFor = paused ? reason : null;
    await commit(needs, [putPayoutControls(controls, pausedFor, call.nowMs), audit]);
    return payoutControlsToJson({ ...controls, pausedFor, changedAtMs: call.nowMs });
  });
};

/**
 * POST /v1/suspense/assign: the operator says whose a deposit in suspense is. Fixed once, like a claim, with the
 * operator's audit event; the next run of `poll-deposits` posts it.
 */
import type * as z from 'zod';
import { present } from '../../../shared/core/assert.ts';
import { AppError } from '../../../shared/core/errors.ts';
import { requireOrganisation } from '../../../shared/identity/organisation-store.ts';
import { moveArrival } from '../../../shared/payments/deposits/arrival.ts';
import {
  listArrivalsOf,
  putMovedArrival,
} from '../../../shared/payments/deposits/arrival-store.ts';
import {
  type assignSuspenseSchema,
  suspendedToJson,
} from '../../../shared/payments/deposits/deposit-schemas.ts';
import { auditDecision } from '../../identity/audit-decision.ts';
import { retryRefused } from '../../kit/retry.ts';
import type { Call } from '../../kit/route.ts';
import { commit } from '../../kit/transaction.ts';
import type { DepositNeeds } from './deposit-needs.ts';
import { priceOfClaim } from './price-of-claim.ts';

export const assignSuspense = (
  needs: Pick<DepositNeeds, 'database' | 'clock' | 'pause' | 'randomness'>,
  call: Call<'key', unknown, unknown, z.output<typeof assignSuspenseSchema>>,
) => {
  const { transaction, token, organisation_id: organisation, reason } = call.body;
  const audit = auditDecision(call, {
    action: 'suspense.assigned',
    target: organisation,
    reason: `${transaction}: ${reason}`,
  });
  return retryRefused(needs, async () => {
    const arrivals = await listArrivalsOf(needs.database, transaction);
    const arrival = arrivals.find((each) => each.token === token);
    if (arrival?.state.status !== 'in_suspense') throw new AppError('suspense.not_found');
    if (arrival.state.claim !== null && arrival.state.claim.organisation !== organisation) {
      throw new AppError('deposit_claim.taken');
    }
    await requireOrganisation(needs.database, organisation);
    const answer = present(suspendedToJson(arrival)[0], 'suspense of nothing');
    if (arrival.state.claim !== null) return answer;
    const price = await priceOfClaim(needs, token);
    const claim = { organisation, by: 'operator', atMs: call.nowMs, price } as const;
    const assigned = moveArrival(arrival, { ...arrival.state, claim });
    await commit(needs, [...putMovedArrival(arrival, assigned), audit]);
    return answer;
  });
};

/**
 * POST /v1/suspense/assign: the operator says whose a deposit in suspense is: an organisation's, the
 * platform's own money, sent to its treasury, or IO that is given for rewards. Fixed once, like a claim,
 * with the operator's audit event; the next run of `poll-deposits` posts it.
 */
import type * as z from 'zod';
import { present } from '../../../shared/core/assert.ts';
import type { Token } from '../../../shared/core/chain.ts';
import { AppError } from '../../../shared/core/errors.ts';
import { requireOrganisation } from '../../../shared/identity/organisation-store.ts';
import {
  type Claim,
  type Claimant,
  claimantOf,
  moveArrival,
} from '../../../shared/payments/deposits/arrival.ts';
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

type AssignNeeds = Pick<DepositNeeds, 'database' | 'clock' | 'pause' | 'randomness' | 'token'>;
type Assignment = z.output<typeof assignSuspenseSchema>;

export const assignSuspense = (
  needs: AssignNeeds,
  call: Call<'key', unknown, unknown, Assignment>,
) => {
  const { transaction, token, reason } = call.body;
  const claimant = claimantIn(call.body);
  // Where our own mint makes what hours release, nothing would ever leave the fund again.
  if (call.body.for_rewards && needs.token?.mode !== 'existing') {
    throw new AppError('suspense.no_reward_fund');
  }
  const audit = auditDecision(call, {
    action: 'suspense.assigned',
    target: claimantOf(claimant),
    reason: `${transaction}: ${reason}`,
  });
  return retryRefused(needs, async () => {
    const arrivals = await listArrivalsOf(needs.database, transaction);
    const arrival = arrivals.find((each) => each.token === token);
    if (arrival?.state.status !== 'in_suspense') throw new AppError('suspense.not_found');
    const { claim: fixed } = arrival.state;
    if (fixed !== null && claimantOf(fixed) !== claimantOf(claimant)) {
      throw new AppError('deposit_claim.taken');
    }
    const answer = present(suspendedToJson(arrival)[0], 'suspense of nothing');
    if (fixed !== null) return answer;
    const claim = await claimOf(needs, claimant, { token, atMs: call.nowMs });
    const assigned = moveArrival(arrival, { ...arrival.state, claim });
    await commit(needs, [...putMovedArrival(arrival, assigned), audit]);
    return answer;
  });
};

const claimantIn = ({ organisation_id, funding_id, for_rewards }: Assignment): Claimant =>
  funding_id === undefined
    ? { kind: 'organisation', organisation: present(organisation_id, 'the schema asks for one') }
    : { kind: 'funding', fundingId: funding_id, forRewards: for_rewards };

/** Throws `identity.not_found` for an organisation that is not there. */
const claimOf = async (
  needs: AssignNeeds,
  claimant: Claimant,
  { token, atMs }: { readonly token: Token; readonly atMs: number },
): Promise<Claim> => {
  if (claimant.kind === 'funding') return { ...claimant, atMs };
  await requireOrganisation(needs.database, claimant.organisation);
  return { ...claimant, by: 'operator', atMs, price: await priceOfClaim(needs, token) };
};

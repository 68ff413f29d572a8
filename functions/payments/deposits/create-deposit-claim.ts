/**
 * POST /v1/deposit-claims: takes a deposit out of suspense for whoever shows a signature of the wallet that it
 * came from. Whose it is is fixed here, once; the next run of `poll-deposits` posts it.
 */
import type * as z from 'zod';
import { assert } from '../../../shared/core/assert.ts';
import { AppError } from '../../../shared/core/errors.ts';
import { type Arrival, moveArrival } from '../../../shared/payments/deposits/arrival.ts';
import {
  listArrivalsOf,
  putMovedArrival,
} from '../../../shared/payments/deposits/arrival-store.ts';
import { decideClaim } from '../../../shared/payments/deposits/deposit-claim.ts';
import {
  claimToJson,
  type createDepositClaimSchema,
} from '../../../shared/payments/deposits/deposit-schemas.ts';
import { noteTie } from '../../identity/note-tie.ts';
import { proveWallet } from '../../identity/prove-wallet.ts';
import { retryRefused } from '../../kit/retry.ts';
import type { Call } from '../../kit/route.ts';
import { commit } from '../../kit/transaction.ts';
import type { DepositNeeds } from './deposit-needs.ts';
import { priceOfClaim } from './price-of-claim.ts';

type ClaimNeeds = Pick<DepositNeeds, 'database' | 'clock' | 'pause' | 'randomness'>;
type ClaimCall = Call<'key', unknown, unknown, z.output<typeof createDepositClaimSchema>>;

export const createDepositClaim = (needs: ClaimNeeds, call: ClaimCall) => {
  const { transaction, ...proof } = call.body;
  const { organisationId } = call.caller;
  const purpose = { kind: 'deposit_claim', organisationId, transaction } as const;
  const attempt = call.newId('adt');
  return retryRefused(needs, async () => {
    const proven = await proveWallet(needs, { proof, purpose, attempt, nowMs: call.nowMs });
    const arrivals = await listArrivalsOf(needs.database, transaction);
    const decision = decideClaim(arrivals, organisationId, proven.address);
    if (decision.outcome !== 'claim') throw new AppError(`deposit_claim.${decision.outcome}`);
    const holding = { organisation: organisationId, tie: 'holder', atMs: call.nowMs } as const;
    await noteTie(needs, { kind: 'wallet', value: proven.address, ...holding });
    const claimed = await Promise.all(decision.open.map((each) => claim(needs, each, call)));
    const writes = claimed.flatMap(([before, after]) => putMovedArrival(before, after));
    if (proven.outcome === 'proven') await commit(needs, [proven.spend, ...writes]);
    const after = decision.arrivals.map(
      (arrival) => claimed.find(([before]) => before === arrival)?.[1] ?? arrival,
    );
    return claimToJson(transaction, after);
  });
};

const claim = async (
  needs: ClaimNeeds,
  arrival: Arrival,
  { caller, nowMs }: ClaimCall,
): Promise<readonly [Arrival, Arrival]> => {
  const { state, token } = arrival;
  assert(state.status === 'in_suspense', 'a claim of what is not in suspense');
  const price = await priceOfClaim(needs, token);
  const { organisationId: organisation } = caller;
  const by = { kind: 'organisation', organisation, by: 'sender', atMs: nowMs, price } as const;
  return [arrival, moveArrival(arrival, { ...state, claim: by })];
};

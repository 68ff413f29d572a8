/**
 * A claim of what waits in suspense: somebody was found whose it is. It moves on exactly as a deposit would
 * have, at the price of the claim. Invariant: what is claimed waits there, and is claimed once; who claims
 * is fixed by the caller before. Pure.
 */
import { assert } from '../../core/assert.ts';
import type { Balance } from '../balance.ts';
import type { IoPrice } from '../io-price.ts';
import { causeOf, type Transfer, unitsOn } from '../transfer.ts';
import {
  type Arrival,
  creditRefusal,
  type DepositPlan,
  depositId,
  type Position,
  planCredit,
  suspenseOf,
} from './deposit.ts';

/** What is claimed, for whom. */
export interface SuspenseClaim extends Arrival {
  readonly organisation: string;
  /** Required for IO. With USDC it only says how much IO stands behind the payment. */
  readonly price?: IoPrice | undefined;
}

export type ClaimDecision =
  | ({ readonly outcome: 'claimed' } & DepositPlan)
  /** The position has no room for it now, or it comes to less than a micro-dollar. */
  | { readonly outcome: 'position_limit' | 'worth_nothing' };

export const claimId = (arrival: Pick<Arrival, 'signature' | 'tokenAccount'>): string =>
  `claim:${arrival.signature}:${arrival.tokenAccount}`;

/** The inputs that the id names: who claims, and what. */
export const claimCause = ({ token, units, organisation }: SuspenseClaim): string =>
  causeOf({ token, units, organisation });

/** Proposes the claim of `arrived`, its arrival's transfer. Conditions as of a deposit. */
export const planClaim = (
  claim: SuspenseClaim,
  read: Position & {
    readonly arrived: Transfer;
    readonly debt: Balance;
    readonly nowMs: number;
  },
): ClaimDecision => {
  const { token, units, organisation, price } = claim;
  const { arrived, debt, position, positionLimit, nowMs } = read;
  const from = suspenseOf[token];
  assert(arrived.id === depositId(claim), `${arrived.id} is another arrival`);
  assert(unitsOn(arrived, from) === units, `${arrived.id} left something else in suspense`);
  const ending = { kind: 'credit' as const, organisation, price };
  const refused = creditRefusal(claim, ending, { position, positionLimit });
  if (refused !== undefined) return { outcome: refused };
  const plan = planCredit({
    fact: claim,
    ending,
    read: { debt, position, positionLimit, nowMs },
    from,
    base: {
      id: claimId(claim),
      cause: claimCause(claim),
      code: 'deposit_claim',
      atMs: nowMs,
    },
  });
  return { outcome: 'claimed', ...plan };
};

/**
 * A claim of what waits in suspense: somebody was found whose it is, or it is the platform's own. It moves on
 * exactly as a deposit would have, at the price of the claim. Invariant: what is claimed waits there, and is
 * claimed once; who claims is fixed by the caller before. Pure.
 */
import { assert } from '../../core/assert.ts';
import type { AccountName } from '../account.ts';
import type { Balance } from '../balance.ts';
import type { IoPrice } from '../io-price.ts';
import { writesOf } from '../posting.ts';
import { causeOf, type Leg, type Transfer, unitsOn } from '../transfer.ts';
import {
  type Arrival,
  assetOfToken,
  creditRefusal,
  type DepositPlan,
  depositId,
  type Position,
  planCredit,
  suspenseOf,
  treasuryLegs,
} from './deposit.ts';

/** What is claimed, for whom. */
export interface SuspenseClaim extends Arrival {
  readonly organisation: string;
  /** Required for IO. With USDC it only says how much IO stands behind the payment. */
  readonly price?: IoPrice | undefined;
}

/** What the platform had sent to its treasury itself. */
export interface FundingClaim extends Arrival {
  /** The operator's name of it. */
  readonly fundingId: string;
  /** IO that is given for rewards: it joins the fund that they are released from, not our position. */
  readonly forRewards?: boolean;
}

export type ClaimDecision =
  | ({ readonly outcome: 'claimed' } & DepositPlan)
  /** The position has no room for it now, or it comes to less than a micro-dollar. */
  | { readonly outcome: 'position_limit' | 'worth_nothing' };

export const claimId = (arrival: Pick<Arrival, 'signature' | 'tokenAccount'>): string =>
  `claim:${arrival.signature}:${arrival.tokenAccount}`;

/** The inputs that the id names: who claims, and what. */
export const claimCause = (claim: SuspenseClaim | FundingClaim): string => {
  const { token, units } = claim;
  if ('fundingId' in claim) {
    const { fundingId, forRewards = false } = claim;
    return causeOf({ token, units, funding: fundingId, ...(forRewards ? { for: 'rewards' } : {}) });
  }
  const { organisation } = claim;
  return causeOf({ token, units, organisation });
};

/** Proposes the claim of `arrived`, its arrival's transfer. Conditions as of a deposit. */
export const planClaim = (
  claim: SuspenseClaim,
  read: Position & {
    readonly arrived: Transfer;
    readonly debt: Balance;
    readonly nowMs: number;
  },
): ClaimDecision => {
  const { organisation, price } = claim;
  const { arrived, debt, position, positionLimit, nowMs } = read;
  const from = whereItWaits(claim, arrived);
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

/**
 * Proposes that `arrived` was the platform's own, or was given for rewards: no credit, no fee, and no limit of
 * the position.
 */
export const planFundingClaim = (
  claim: FundingClaim,
  { arrived, nowMs }: { readonly arrived: Transfer; readonly nowMs: number },
): { readonly outcome: 'claimed' } & DepositPlan => {
  const { token, units, forRewards = false } = claim;
  assert(token === 'io' || !forRewards, 'rewards are funded in IO alone');
  const from = whereItWaits(claim, arrived);
  const transfer: Transfer = {
    id: claimId(claim),
    cause: claimCause(claim),
    asset: assetOfToken[token],
    code: forRewards ? 'reward_funding' : 'treasury_funding',
    legs: forRewards ? fundLegs(units, from) : treasuryLegs(token, units, from),
    atMs: nowMs,
  };
  return { outcome: 'claimed', transfer, others: [], writes: writesOf({ transfers: [transfer] }) };
};

const fundLegs = (units: bigint, from: AccountName): readonly Leg[] => [
  { account: from, units: -units },
  { account: 'reward:fund', units },
];

/** The account of suspense that holds all of the arrival, and nothing less; a BugError otherwise. */
const whereItWaits = (claim: Arrival, arrived: Transfer) => {
  const { token, units } = claim;
  const from = suspenseOf[token];
  assert(arrived.id === depositId(claim), `${arrived.id} is another arrival`);
  assert(unitsOn(arrived, from) === units, `${arrived.id} left something else in suspense`);
  return from;
};

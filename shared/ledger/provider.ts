/**
 * What the card provider keeps and passes on: its fees, whatever they are called, and what leaves it for
 * our bank. Both only record what happened outside; no customer's account takes part. Pure.
 */
import { assert } from '../core/assert.ts';
import type { Write } from '../core/database.ts';
import { writesOf } from './posting.ts';
import { causeOf, type Transfer } from './transfer.ts';

interface Plan {
  readonly transfer: Transfer;
  readonly writes: Write[];
}

const plan = (transfer: Transfer): Plan => ({
  transfer,
  writes: writesOf({ transfers: [transfer] }),
});

/** What the provider took; one of its balance transactions. */
export interface ProviderCostFact {
  /** The provider's id of its balance transaction. */
  readonly transactionId: string;
  /** Micro-dollars; below 0 when the provider gave a fee back, never 0. */
  readonly units: bigint;
  readonly nowMs: number;
}

export const providerCostId = (transactionId: string): string => `stripe:bt:${transactionId}`;

export const planProviderCost = (fact: ProviderCostFact): Plan => {
  const { transactionId, units, nowMs } = fact;
  assert(units !== 0n, `${transactionId} is a cost of nothing`);
  return plan({
    id: providerCostId(transactionId),
    cause: causeOf({ units }),
    asset: 'usd',
    code: 'provider_cost',
    legs: [
      { account: 'exp:stripe', units: -units },
      { account: 'ext:stripe', units },
    ],
    external: transactionId,
    atMs: nowMs,
  });
};

/** Money that moved from the provider to our bank. */
export interface BankFundingFact {
  /** The provider's id of its payout. */
  readonly fundingId: string;
  /** Micro-dollars above 0. */
  readonly units: bigint;
  readonly nowMs: number;
}

export const bankFundingId = (fundingId: string): string => `fund:${fundingId}:bank`;

export const planBankFunding = (fact: BankFundingFact): Plan => {
  const { fundingId, units, nowMs } = fact;
  assert(units > 0n, `${fundingId} moves nothing`);
  return plan({
    id: bankFundingId(fundingId),
    cause: causeOf({ units }),
    asset: 'usd',
    code: 'treasury_funding',
    legs: [
      { account: 'ext:stripe', units },
      { account: 'ext:bank', units: -units },
    ],
    external: fundingId,
    atMs: nowMs,
  });
};

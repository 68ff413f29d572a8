/**
 * The platform's own side of the chain: what reached custody without being seen to arrive (what was there
 * before the first look), and what our transactions cost. Both only record what happened; no customer's
 * account takes part. Pure.
 */
import { assert } from '../../core/assert.ts';
import type { Token } from '../../core/chain.ts';
import type { Write } from '../../core/database.ts';
import { writesOf } from '../posting.ts';
import { causeOf, type Transfer } from '../transfer.ts';
import { assetOfToken, treasuryLegs } from './deposit.ts';

interface Plan {
  readonly transfer: Transfer;
  readonly writes: Write[];
}

const plan = (transfer: Transfer): Plan => ({
  transfer,
  writes: writesOf({ transfers: [transfer] }),
});

/** Tokens that are in custody and that no seen arrival brought; those are `treasury` endings. */
export interface TreasuryFundingFact {
  /** The operator's name of it. */
  readonly fundingId: string;
  readonly token: Token;
  /** Base units above 0. */
  readonly units: bigint;
  readonly nowMs: number;
}

export const treasuryFundingId = (fundingId: string, token: Token): string =>
  `fund:${fundingId}:${token}`;

export const planTreasuryFunding = (fact: TreasuryFundingFact): Plan => {
  const { fundingId, token, units, nowMs } = fact;
  assert(units > 0n, `${fundingId} brings nothing`);
  return plan({
    id: treasuryFundingId(fundingId, token),
    cause: causeOf({ token, units }),
    asset: assetOfToken[token],
    code: 'treasury_funding',
    legs: treasuryLegs(token, units),
    atMs: nowMs,
  });
};

/** What one of our transactions cost, also when it failed. */
export interface ChainFeeFact {
  readonly signature: string;
  /** Above 0. */
  readonly lamports: bigint;
  readonly nowMs: number;
}

export const chainFeeId = (signature: string): string => `sol:fee:${signature}`;

export const planChainFee = ({ signature, lamports, nowMs }: ChainFeeFact): Plan => {
  assert(lamports > 0n, `${signature} cost nothing`);
  const id = chainFeeId(signature);
  return plan({
    id,
    cause: causeOf({ lamports }),
    asset: 'sol',
    code: 'chain_fee',
    legs: [
      { account: 'exp:chain', units: -lamports },
      { account: 'ext:sol', units: lamports },
    ],
    external: id,
    atMs: nowMs,
  });
};

/**
 * The platform's own side of the chain: what our transactions cost. It only records what happened; no
 * customer's account takes part. Pure.
 */
import { assert } from '../../core/assert.ts';
import type { Write } from '../../core/database.ts';
import { writesOf } from '../posting.ts';
import { causeOf, type Transfer } from '../transfer.ts';

interface Plan {
  readonly transfer: Transfer;
  readonly writes: Write[];
}

const plan = (transfer: Transfer): Plan => ({
  transfer,
  writes: writesOf({ transfers: [transfer] }),
});

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

/**
 * Whether a transaction did what its batch says, by the balances that it changed: each recipient's token
 * account got the sum of its payouts, and the treasury's gave the sum of all. Pure.
 */
import { assert } from '../../core/assert.ts';
import type { ChainTransaction } from '../../core/chain.ts';
import { type Batch, batchUnits } from './batch.ts';

/** Holds a finalized transaction to its batch; a BugError says what differs. */
export const assertPaid = (batch: Batch, transaction: ChainTransaction, treasury: string): void => {
  const { signature, tokens, failed } = transaction;
  assert(!failed, `${signature} failed, and ${batch.id} is not paid`);
  const expected = new Map<string, bigint>();
  for (const { tokenAccount, units } of batch.members) {
    expected.set(tokenAccount, (expected.get(tokenAccount) ?? 0n) + units);
  }
  for (const [account, units] of expected) {
    const change = tokens.find((one) => one.account === account);
    const moved = (change?.after ?? 0n) - (change?.before ?? 0n);
    assert(moved === units, `${signature} moved ${moved} to ${account}, not ${units}`);
  }
  const given = tokens
    .filter(({ owner }) => owner === treasury)
    .reduce((sum, { before, after }) => sum + before - after, 0n);
  assert(given === batchUnits(batch), `${signature} took ${given} from the treasury`);
};

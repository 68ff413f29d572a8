/**
 * Whether a transaction does what its batch says, by the balances that it changes: each recipient's token
 * account gets the sum of its payouts, and the treasury's gives the sum of all. Asked of a trial before it is
 * signed, and of the chain before it is posted. Pure.
 */
import { assert } from '../../core/assert.ts';
import type { ChainTransaction } from '../../core/chain.ts';
import { type Batch, batchUnits } from './batch.ts';

/** Holds a finalized transaction to its batch; a BugError says what differs. */
export const assertPaid = (batch: Batch, transaction: ChainTransaction, treasury: string): void => {
  const says = paidDifference(batch, transaction, treasury);
  assert(says === undefined, says ?? '');
};

/** Where a finalized transaction did something else than its batch says; undefined where it did that. */
export const paidDifference = (
  batch: Batch,
  { signature, tokens, failed }: ChainTransaction,
  treasury: string,
): string | undefined => {
  if (failed) return `${signature} failed, and ${batch.id} is not paid`;
  for (const [account, units] of receivedChanges(batch)) {
    const change = tokens.find((one) => one.account === account);
    const moved = (change?.after ?? 0n) - (change?.before ?? 0n);
    if (moved !== units) return `${signature} moved ${moved} to ${account}, not ${units}`;
  }
  const given = tokens
    .filter(({ owner }) => owner === treasury)
    .reduce((sum, { before, after }) => sum + before - after, 0n);
  return given === batchUnits(batch) ? undefined : `${signature} took ${given} from the treasury`;
};

/** By how much the batch changes each recipient's token account: base units. */
const receivedChanges = ({ members }: Batch): Map<string, bigint> => {
  const changes = new Map<string, bigint>();
  for (const { tokenAccount, units } of members) {
    changes.set(tokenAccount, (changes.get(tokenAccount) ?? 0n) + units);
  }
  return changes;
};

/** By how much the batch changes each token account, the treasury's (`source`) too: base units. */
export const expectedChanges = (batch: Batch, source: string): ReadonlyMap<string, bigint> => {
  const changes = receivedChanges(batch);
  changes.set(source, (changes.get(source) ?? 0n) - batchUnits(batch));
  return changes;
};

/**
 * The first account that changes by another amount than expected, as an operator reads it; undefined when
 * none does. Balances stand in the order of `changes`.
 */
export const firstDifference = (
  changes: ReadonlyMap<string, bigint>,
  before: readonly bigint[],
  after: readonly bigint[],
): string | undefined => {
  assert(before.length === changes.size && after.length === changes.size, 'a balance is missing');
  const found = [...changes].flatMap(([account, units], at) => {
    const moved = (after[at] ?? 0n) - (before[at] ?? 0n);
    return moved === units ? [] : [`${account} would change by ${moved}, not ${units}`];
  });
  return found[0];
};

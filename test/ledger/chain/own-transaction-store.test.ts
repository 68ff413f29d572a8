/** Our own transactions on chain are written down before they are sent, each once. */
import { commit } from '../../../functions/kit/transaction.ts';
import {
  getOwnTransaction,
  putOwnTransaction,
} from '../../../shared/ledger/chain/own-transaction-store.ts';
import { startMs, testRuntime } from '../../support/runtime.ts';

const own = { signature: 'sig1', purpose: 'payout' as const, subjectId: 'bat_1', atMs: startMs };

it('reads back what was written, and nothing of a transaction that is not ours', async () => {
  const runtime = testRuntime();
  await commit(runtime, [putOwnTransaction(own)]);
  expect(await getOwnTransaction(runtime.database, 'sig1')).toEqual(own);
  expect(await getOwnTransaction(runtime.database, 'sig2')).toBeUndefined();
});

it('is never written over', async () => {
  const runtime = testRuntime();
  await commit(runtime, [putOwnTransaction(own)]);
  await expect(
    commit(runtime, [putOwnTransaction({ ...own, subjectId: 'bat_2' })]),
  ).rejects.toThrow('refused');
});

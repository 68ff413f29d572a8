/** The endpoints of payouts for tests, through their real pipeline: an organisation with earnings and rewards, and an operator. */
import { httpFunction } from '../../../functions/kit/http.ts';
import { commit } from '../../../functions/kit/transaction.ts';
import { payoutRoutes } from '../../../functions/payments/payout-routes.ts';
import type { Token } from '../../../shared/core/chain.ts';
import { newId } from '../../../shared/core/ids.ts';
import { supplierAccount, supplierIoAccount } from '../../../shared/ledger/account.ts';
import { type PayoutSource, payoutAccount } from '../../../shared/ledger/chain/payout-hold.ts';
import { getAccount } from '../../../shared/ledger/ledger-store.ts';
import { writesOf } from '../../../shared/ledger/posting.ts';
import { causeOf } from '../../../shared/ledger/transfer.ts';
import { putPayoutWallet } from '../../../shared/payments/payouts/payout-wallet-store.ts';
import { callHttp, type TestRequest } from '../../support/http.ts';
import { makeKey, makeOrganisation } from '../../support/identity.ts';
import { startMs, testRuntime } from '../../support/runtime.ts';

export const address = '4Nd1mYbKf2mHwZkPEVF7Bo4qPaqZ5Vt8zdLPhT6PtqfW';
export const usd = 1_000_000n;
export const io = 100_000_000n;

/** $30,000 of matured earnings unless told, and 1,000 IO of the platform’s. */
export const payoutRequests = async (earned = 30_000n * usd) => {
  const runtime = testRuntime('payouts');
  const organisationId = await makeOrganisation(runtime, 'Acme');
  const otherId = await makeOrganisation(runtime, 'Other');
  const owner = await makeKey(runtime, organisationId, 'owner');
  const other = await makeKey(runtime, otherId, 'owner');
  const operator = await makeKey(runtime, await makeOrganisation(runtime, 'Us'), 'operator');
  const serve = httpFunction(runtime, payoutRoutes, { keyMode: 'test' });
  let requests = 0;
  const call = (method: string, path: string, request: Partial<TestRequest> = {}) => {
    requests += 1;
    const headers = { 'idempotency-key': `request-${requests}`, ...request.headers };
    return callHttp(serve, { method, path, key: owner, ...request, headers });
  };
  let facts = 0;
  const post = async (asset: 'usd' | 'io', from: string, to: string, units: bigint) => {
    facts += 1;
    const id = `setup-${facts}`;
    const legs = [
      { account: from, units: -units },
      { account: to, units },
    ];
    const base = { id, cause: causeOf({ id }), asset, code: 'treasury_funding', atMs: startMs };
    await commit(runtime, writesOf({ transfers: [{ ...base, legs } as never] }));
  };
  await post('usd', 'exp:grant', supplierAccount(organisationId), earned);
  await post('io', 'ext:io', 'fx:io', 1_000n * io);
  const reward = (units: bigint) => post('io', 'ext:io', supplierIoAccount(organisationId), units);
  /** Names a wallet that may be paid to from then on. */
  const name = async (asset: Token, payableFromMs = startMs) => {
    const id = newId('pwl', startMs, runtime.randomness);
    const walletId = newId('wal', startMs, runtime.randomness);
    const base = { id, organisationId, asset, address, walletId, actor: 'key_1', ended: null };
    const wallet = { ...base, createdAtMs: startMs, payableFromMs };
    await commit(runtime, putPayoutWallet(wallet, undefined));
  };
  const ask = (units: bigint, asset: Token = 'usdc', more: Partial<TestRequest> = {}) =>
    call('POST', '/v1/payouts', {
      body: { amount: { amount: units.toString(), currency: 'usd' }, asset },
      ...more,
    });
  const askRewards = (units: bigint, asset: Token = 'io', more: Partial<TestRequest> = {}) =>
    ask(0n, asset, {
      body: { amount: { amount: units.toString(), currency: 'io' }, asset },
      ...more,
    });
  const balance = async (source: PayoutSource = 'earnings') => {
    const account = payoutAccount(source, organisationId);
    const { available, held } = await getAccount(runtime.database, account);
    return { available, held };
  };
  return {
    ...{ runtime, organisationId, owner, other, operator, call },
    ...{ name, reward, ask, askRewards, balance },
  };
};

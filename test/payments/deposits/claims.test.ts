/** Deposits that named nobody: their sender's, or claimed by the wallet that sent them, or assigned, once. */
import { createTransferCheckedInstruction, getAssociatedTokenAddressSync } from '@solana/spl-token';
import { PublicKey, Transaction, TransactionInstruction } from '@solana/web3.js';
import { walletRoutes } from '../../../functions/identity/wallet-routes.ts';
import { httpFunction } from '../../../functions/kit/http.ts';
import { depositRoutes } from '../../../functions/payments/deposit-routes.ts';
import { memoPrograms } from '../../../local/solana/chain/programs.ts';
import { newId } from '../../../shared/core/ids.ts';
import { hourMs } from '../../../shared/core/time.ts';
import { listAuditEvents } from '../../../shared/identity/audit-store.ts';
import { findLinked } from '../../../shared/identity/link-store.ts';
import { getAccount, sumAccount } from '../../../shared/ledger/ledger-store.ts';
import { earningDay, maturityDay } from '../../../shared/ledger/maturity.ts';
import { getRewardFund } from '../../../shared/ledger/rewards/io-balance-store.ts';
import { memo } from '../../local/solana/service.ts';
import { callHttp } from '../../support/http.ts';
import { makeKey, makeOrganisation } from '../../support/identity.ts';
import { testRuntime } from '../../support/runtime.ts';
import { type TestWallet, testSite, testWallet } from '../../support/wallet.ts';
import { type DepositServiceOptions, depositService, dollar, oneIo } from './deposit-service.ts';

const setup = async (options: DepositServiceOptions = {}) => {
  const service = await depositService(options);
  const { control, runtime, chain, needs, owner } = service;
  const wallet = testWallet(runtime.randomness);
  await chain.fund(wallet.address);
  for (const [mint, units] of [
    ['USDC', 1000n * dollar],
    ['IO', 1000n * oneIo],
  ] as const) {
    await control.mintTo({ owner: wallet.address, mint, units: String(units) });
  }
  const otherId = await makeOrganisation(runtime, 'Other');
  const other = await makeKey(runtime, otherId);
  const operatorId = await makeOrganisation(runtime, 'Operator');
  const operator = await makeKey(runtime, operatorId, 'operator');
  const routes = [...depositRoutes, ...walletRoutes];
  const serve = httpFunction({ ...needs, site: testSite }, routes, { keyMode: 'test' });
  let requests = 0;
  const call = (method: string, path: string, body?: object, key = owner) => {
    requests += 1;
    const headers = { 'idempotency-key': `claim-request-${requests}` };
    return callHttp(serve, { method, path, key, headers, ...(body ? { body } : {}) });
  };
  /** A message for this purpose, signed. */
  const prove = async (order: object, by: TestWallet = wallet, key = owner) => {
    const asked = await call('POST', '/v1/wallet-messages', { address: by.address, ...order }, key);
    if (asked.status !== 201) throw new Error(JSON.stringify(asked.body));
    return { message_id: asked.body.id as string, signature: by.sign(asked.body.message) };
  };
  const claim = async (transaction: string, by: TestWallet = wallet, key = owner) => {
    const proof = await prove({ purpose: 'deposit_claim', transaction }, by, key);
    return call('POST', '/v1/deposit-claims', { transaction, ...proof }, key);
  };
  const assign = (transaction: string, organisation_id: string, token = 'usdc') =>
    call(
      'POST',
      '/v1/suspense/assign',
      { transaction, token, organisation_id, reason: 'their invoice names it' },
      operator,
    );
  /** The platform had sent it to its treasury itself. */
  const fund = (transaction: string, funding_id: string, token = 'usdc', more: object = {}) =>
    call(
      'POST',
      '/v1/suspense/assign',
      { transaction, token, funding_id, reason: 'bought for payouts', ...more },
      operator,
    );
  return {
    ...service,
    fund,
    wallet,
    otherId,
    other,
    operator,
    operatorId,
    call,
    prove,
    claim,
    assign,
  };
};

it('a registered wallet’s deposit needs neither reference nor memo', async () => {
  const { prove, call, pay, wallet, settle, balances, check } = await setup();
  const proof = await prove({ purpose: 'register_wallet' });
  expect((await call('POST', '/v1/wallets', proof)).status).toBe(201);
  await pay({ units: 51n * dollar, from: wallet.keypair });
  await pay({ token: 'io', units: 8n * oneIo, from: wallet.keypair });
  await settle();
  expect((await balances()).available).toBe(52n * dollar);
  await check();
});

describe('a wallet that pays for one organisation and is another’s', () => {
  it('makes it one with that supplier where it hires from it: the money goes in a circle', async () => {
    const { ask, prove, call, pay, wallet, settle, runtime, other, organisationId, otherId } =
      await setup();
    const proof = await prove({ purpose: 'register_wallet' }, wallet, other);
    expect((await call('POST', '/v1/wallets', proof, other)).status).toBe(201);
    const request = await ask('usdc');
    await pay({ units: 51n * dollar, from: wallet.keypair, for: request });
    expect(await findLinked(runtime.database, organisationId, [otherId])).toEqual(new Set());
    await settle();
    expect(await findLinked(runtime.database, organisationId, [otherId])).toEqual(
      new Set([otherId]),
    );
  });

  it('makes nobody’s earnings wait by a cent paid to the reference that he showed', async () => {
    const service = await setup();
    const { ask, prove, call, pay, wallet, settle, runtime, other, otherId, check } = service;
    const supplier = service.organisationId;
    const request = await ask('usdc');
    await pay({ units: 51n * dollar, for: request });
    await settle();
    const proof = await prove({ purpose: 'register_wallet' }, wallet, other);
    expect((await call('POST', '/v1/wallets', proof, other)).status).toBe(201);
    await pay({ units: dollar / 100n, from: wallet.keypair, for: request });
    await settle();
    // The cent came from the stranger's wallet, and the stranger hires next.
    expect(await findLinked(runtime.database, supplier, [otherId])).toEqual(new Set([otherId]));
    const linked = await findLinked(runtime.database, otherId, [supplier]);
    expect(linked).toEqual(new Set());
    const earned = { payer: otherId, supplier, linked, classDays: 1 as const, granted: true };
    const postedAtMs = runtime.clock.ms;
    expect(earningDay({ ...earned, postedAtMs })).toBe(maturityDay(postedAtMs, 1));
    await check();
  });

  it('links the two when one claims what it sent', async () => {
    const { prove, call, pay, wallet, settle, claim, runtime, other, organisationId, otherId } =
      await setup();
    const transaction = await pay({ units: 51n * dollar, from: wallet.keypair });
    await settle();
    expect((await claim(transaction)).status).toBe(201);
    const proof = await prove({ purpose: 'register_wallet' }, wallet, other);
    expect((await call('POST', '/v1/wallets', proof, other)).status).toBe(201);
    expect(await findLinked(runtime.database, otherId, [organisationId])).toEqual(
      new Set([organisationId]),
    );
  });
});

describe('POST /v1/deposit-claims', () => {
  it('201 credits what the wallet sent, fee and price as of any deposit', async () => {
    const { pay, wallet, settle, poll, claim, suspense, balances, check } = await setup();
    const transaction = await pay({ units: 51n * dollar, from: wallet.keypair });
    const inIo = await pay({ token: 'io', units: 8n * oneIo, from: wallet.keypair });
    await settle();
    expect(await suspense()).toEqual({ usdc: 51n * dollar, io: 8n * oneIo });
    expect(await claim(transaction)).toMatchObject({
      status: 201,
      body: { transaction, deposits: [{ token: 'usdc', status: 'accepted', credit: null }] },
    });
    expect((await claim(inIo)).status).toBe(201);
    await poll();
    expect(await suspense()).toEqual({ usdc: 0n, io: 0n });
    expect((await balances()).available).toBe(52n * dollar);
    // Asked again it is told, and credited no more.
    expect(await claim(transaction)).toMatchObject({
      body: { deposits: [{ status: 'credited', credit: { amount: String(50n * dollar) } }] },
    });
    await poll();
    expect((await balances()).available).toBe(52n * dollar);
    await check();
  });

  it('201 to the first, and 409 to the second', async () => {
    const service = await setup();
    const { pay, wallet, settle, poll, claim, other, otherId, balances, check } = service;
    const transaction = await pay({ units: 51n * dollar, from: wallet.keypair });
    await settle();
    const answers = await Promise.all([claim(transaction), claim(transaction, wallet, other)]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 409]);
    expect(answers.find(({ status }) => status === 409)?.body.code).toBe('deposit_claim.taken');
    await poll();
    const [ours, theirs] = [await balances(), await balances(otherId)];
    expect(ours.available + theirs.available).toBe(50n * dollar);
    await check();
  });

  it('401, 403, 404 for whoever did not send it', async () => {
    const service = await setup();
    const { pay, wallet, settle, claim, call, prove, runtime, ask, suspense, check } = service;
    const stranger = testWallet(runtime.randomness);
    const transaction = await pay({ units: 51n * dollar, from: wallet.keypair });
    await settle();
    expect(await claim(transaction, stranger)).toMatchObject({
      status: 403,
      body: { code: 'deposit_claim.not_sender' },
    });
    const proof = await prove({ purpose: 'deposit_claim', transaction });
    const forged = { ...proof, signature: stranger.sign('something else') };
    expect(await call('POST', '/v1/deposit-claims', { transaction, ...forged })).toMatchObject({
      status: 401,
      body: { code: 'wallet.signature_invalid' },
    });
    // What was credited to its owner waits for nobody.
    const request = await ask('usdc');
    const credited = await pay({ units: 51n * dollar, for: request, from: wallet.keypair });
    await settle();
    expect(await claim(credited)).toMatchObject({
      status: 404,
      body: { code: 'deposit_claim.not_found' },
    });
    expect(await suspense()).toEqual({ usdc: 51n * dollar, io: 0n });
    await check();
  });

  it('422 where several wallets sent it: the operator looks at it', async () => {
    const service = await setup();
    const { chain, customer, wallet, usdc, accountOf, settle, claim, assign } = service;
    const mint = new PublicKey(usdc.mint);
    const source = getAssociatedTokenAddressSync(mint, wallet.keypair.publicKey);
    const transfers = [
      [getAssociatedTokenAddressSync(mint, customer.publicKey), customer.publicKey],
      [source, wallet.keypair.publicKey],
    ] as const;
    const latest = await chain.connection.getLatestBlockhash();
    const transaction = new Transaction({ feePayer: customer.publicKey, ...latest });
    for (const [from, authority] of transfers) {
      const to = new PublicKey(accountOf.usdc);
      transaction.add(createTransferCheckedInstruction(from, mint, to, authority, 5n * dollar, 6));
    }
    transaction.sign(customer, wallet.keypair);
    const signature = await chain.connection.sendRawTransaction(transaction.serialize());
    await settle();
    expect(await claim(signature)).toMatchObject({
      status: 422,
      body: { code: 'deposit_claim.no_single_sender' },
    });
    expect(await assign(signature, service.otherId)).toMatchObject({
      status: 200,
      body: { senders: [expect.any(String), expect.any(String)] },
    });
    await service.poll();
    expect(await service.suspense()).toEqual({ usdc: 0n, io: 0n });
    await service.check();
  });
});

describe('suspense', () => {
  it('is assigned by the operator alone, once, with the reason in the audit events', async () => {
    const service = await setup();
    const { pay, settle, poll, assign, call, organisationId, otherId, operator } = service;
    const transaction = await pay({ units: 51n * dollar });
    await settle();
    expect((await call('GET', '/v1/suspense')).status).toBe(403);
    expect((await call('GET', '/v1/suspense', undefined, operator)).body.data).toMatchObject([
      { transaction, token: 'usdc', senders: [service.customer.publicKey.toBase58()] },
    ]);
    expect((await assign(transaction, organisationId)).status).toBe(200);
    expect((await assign(transaction, organisationId)).status).toBe(200);
    expect(await assign(transaction, otherId)).toMatchObject({
      status: 409,
      body: { code: 'deposit_claim.taken' },
    });
    await poll();
    expect((await service.balances()).available).toBe(50n * dollar);
    expect(await assign(transaction, organisationId)).toMatchObject({
      status: 404,
      body: { code: 'suspense.not_found' },
    });
    const { events } = await listAuditEvents(service.runtime.database, service.operatorId, {
      limit: 10,
    });
    expect(events).toMatchObject([
      { action: 'suspense.assigned', reason: `${transaction}: their invoice names it` },
    ]);
    await service.check();
  });

  it('is the platform’s own under the name of its funding: no fee, no credit, no limit', async () => {
    const service = await setup({ ioPositionLimit: oneIo });
    const { pay, settle, poll, fund, assign, claim, wallet, suspense, runtime, otherId } = service;
    const { database } = runtime;
    const inUsdc = await pay({ units: 51n * dollar, from: wallet.keypair });
    const inIo = await pay({ token: 'io', units: 8n * oneIo, from: wallet.keypair });
    await settle();
    expect((await fund(inUsdc, 'otc-2026-11')).status).toBe(200);
    expect((await fund(inUsdc, 'otc-2026-11')).status).toBe(200);
    const taken = { status: 409, body: { code: 'deposit_claim.taken' } };
    expect(await fund(inUsdc, 'otc-2026-12')).toMatchObject(taken);
    expect(await assign(inUsdc, otherId)).toMatchObject(taken);
    expect(await claim(inUsdc)).toMatchObject(taken);
    // IO of our own needs no price.
    await service.wait(hourMs);
    runtime.clock.ms += hourMs;
    expect((await fund(inIo, 'otc-2026-11', 'io')).status).toBe(200);
    expect(await suspense()).toEqual({ usdc: 51n * dollar, io: 8n * oneIo });
    await poll();
    expect(await suspense()).toEqual({ usdc: 0n, io: 0n });
    expect(await sumAccount(database, 'ext:bank')).toBe(51n * dollar);
    expect(await sumAccount(database, 'rev:facilitation')).toBe(0n);
    expect((await getAccount(database, 'fx:io')).posted).toBe(8n * oneIo);
    expect((await service.balances()).available).toBe(0n);
    expect(await claim(inUsdc)).toMatchObject(taken);
    expect(await fund(inUsdc, 'otc-2026-11')).toMatchObject({
      status: 404,
      body: { code: 'suspense.not_found' },
    });
    await service.check();
  });

  it('is IO for rewards where the token is somebody else’s: it joins their fund alone', async () => {
    const token = { mode: 'existing' as const, genesisMs: 0 };
    const service = await setup({ runtime: Object.assign(testRuntime(), { token }) });
    const { pay, settle, poll, fund, claim, wallet, suspense, runtime } = service;
    const transaction = await pay({ token: 'io', units: 8n * oneIo, from: wallet.keypair });
    await settle();
    const forRewards = { for_rewards: true };
    expect((await fund(transaction, 'grant-1', 'io', forRewards)).status).toBe(200);
    expect((await fund(transaction, 'grant-1', 'io', forRewards)).status).toBe(200);
    const taken = { status: 409, body: { code: 'deposit_claim.taken' } };
    expect(await fund(transaction, 'grant-1', 'io')).toMatchObject(taken);
    expect(await claim(transaction)).toMatchObject(taken);
    await poll();
    expect(await suspense()).toEqual({ usdc: 0n, io: 0n });
    expect(await getRewardFund(runtime.database)).toBe(8n * oneIo);
    expect((await getAccount(runtime.database, 'fx:io')).posted).toBe(0n);
    await service.check();
  });

  it('422 for rewards where our own mint makes them, and 400 without a name or in dollars', async () => {
    const { pay, settle, fund, call, operator, otherId, check, wallet } = await setup();
    const transaction = await pay({ token: 'io', units: 8n * oneIo, from: wallet.keypair });
    await settle();
    const for_rewards = true;
    expect(await fund(transaction, 'grant-1', 'io', { for_rewards })).toMatchObject({
      status: 422,
      body: { code: 'suspense.no_reward_fund' },
    });
    expect((await fund(transaction, 'grant-1', 'usdc', { for_rewards })).status).toBe(400);
    const unnamed = { transaction, token: 'io', organisation_id: otherId, reason: 'a gift' };
    const body = { ...unnamed, for_rewards };
    expect((await call('POST', '/v1/suspense/assign', body, operator)).status).toBe(400);
    await check();
  });

  it('400 for neither or both of an organisation and a funding', async () => {
    const { pay, settle, call, operator, otherId, check } = await setup();
    const transaction = await pay({ units: 51n * dollar });
    await settle();
    const assignment = { transaction, token: 'usdc', reason: 'ours' };
    const both = { organisation_id: otherId, funding_id: 'otc-2026-11' };
    for (const named of [{}, both, { funding_id: '' }, { funding_id: 'a b' }]) {
      const body = { ...assignment, ...named };
      const answer = await call('POST', '/v1/suspense/assign', body, operator);
      expect({ named, status: answer.status }).toEqual({ named, status: 400 });
    }
    await check();
  });

  it('of dust keeps what is worth no line, and 404 for an organisation that is not there', async () => {
    const { pay, settle, ask, assign, suspense, balances, check, runtime } = await setup();
    const request = await ask('usdc');
    const transaction = await pay({ units: 9_999n, for: request });
    await settle();
    expect(await suspense()).toEqual({ usdc: 9_999n, io: 0n });
    expect((await balances()).available).toBe(0n);
    const nobody = newId('org', runtime.clock.nowMs(), runtime.randomness);
    expect((await assign(transaction, nobody)).status).toBe(404);
    await check();
  });

  it('keeps what names two organisations', async () => {
    const { ask, other, pay, settle, suspense, check, call, operator } = await setup();
    const [mine, theirs] = [await ask('usdc'), await ask('usdc', undefined, other)];
    const second = new TransactionInstruction({
      keys: [],
      programId: new PublicKey(memoPrograms[0] ?? ''),
      data: Buffer.from(theirs.id),
    });
    // A reference outweighs a memo; two memos of two organisations decide for neither.
    await pay({ units: 51n * dollar, for: mine, before: [second] });
    await settle();
    expect(await suspense()).toEqual({ usdc: 0n, io: 0n });
    await pay({ units: 7n * dollar, before: [second, memo(mine.id)] });
    await settle();
    expect(await suspense()).toEqual({ usdc: 7n * dollar, io: 0n });
    expect((await call('GET', '/v1/suspense', undefined, operator)).body.data).toMatchObject([
      { reason: 'contested' },
    ]);
    await check();
  });
});

/** What counts as a deposit is what the token account held before and after, in any transaction that we can read. */
import { address as asAddress } from '@solana/kit';
import { createTransferCheckedInstruction, getAssociatedTokenAddressSync } from '@solana/spl-token';
import { ComputeBudgetProgram, PublicKey, SystemProgram } from '@solana/web3.js';
import { getTransferCheckedInstruction } from '@solana-program/token';
import { checkCustody } from '../../../functions/payments/deposits/check-custody.schedule.ts';
import { pollDeposits } from '../../../functions/payments/deposits/poll-deposits.schedule.ts';
import { rescanDeposits } from '../../../functions/payments/deposits/rescan-deposits.schedule.ts';
import type { ChainTransaction } from '../../../shared/core/chain.ts';
import { hourMs } from '../../../shared/core/time.ts';
import { memo, pay as payFrom, send } from '../../local/solana/service.ts';
import { depositService, dollar, oneIo } from './deposit-service.ts';

it('a transaction that failed brings nothing', async () => {
  const { chain, build, settle, suspense, check, accountOf, control } = await depositService();
  const { bytes } = await build({ units: 5000n * dollar });
  await chain.connection.sendRawTransaction(bytes, { skipPreflight: true });
  expect(await settle()).toEqual({ done: 0, failed: 0 });
  expect(await control.movements({ account: accountOf.usdc })).toEqual([]);
  expect(await suspense()).toEqual({ usdc: 0n, io: 0n });
  await check();
});

it('a token that only calls itself USDC brings nothing', async () => {
  const { chain, control, customer, treasury, settle, suspense, check } = await depositService();
  const spoofed = await control.makeMint({ name: 'USDC', decimals: 6 });
  const owner = customer.publicKey.toBase58();
  await control.mintTo({ owner, mint: spoofed.mint, units: String(900n * dollar) });
  await payFrom(chain, { units: 900n * dollar, mint: spoofed.mint, to: treasury.address });
  await settle();
  expect(await suspense()).toEqual({ usdc: 0n, io: 0n });
  await check();
});

it('a token whose program keeps a fee is no USDC, whatever it calls itself', async () => {
  const { chain, control, customer, treasury, settle, suspense, check } = await depositService();
  const order = { name: 'USDC', decimals: 6, transferFeeBasisPoints: 100 };
  const { mint, program } = await control.makeMint(order);
  const owner = customer.publicKey.toBase58();
  await control.mintTo({ owner, mint, units: String(900n * dollar) });
  await payFrom(chain, { units: 900n * dollar, mint, program, to: treasury.address });
  await settle();
  expect(await suspense()).toEqual({ usdc: 0n, io: 0n });
  await check();
});

it('the transaction that makes the token account is the first deposit', async () => {
  const { ask, pay, giveIo, settle, show, balances, check } = await depositService();
  await giveIo(100n * oneIo);
  const request = await ask('io', 40n * oneIo);
  await pay({ token: 'io', units: 40n * oneIo, for: request });
  await settle();
  expect(await show(request.id)).toMatchObject({ status: 'paid', fee: { amount: '0' } });
  expect(await balances()).toEqual({ available: 10n * dollar, owed: 0n });
  await check();
});

it('several transfers in one transaction are one deposit of their sum', async () => {
  const { chain, ask, build, usdc, customer, settle, show, check, accountOf } =
    await depositService();
  const request = await ask('usdc');
  const source = getAssociatedTokenAddressSync(new PublicKey(usdc.mint), customer.publicKey);
  const again = createTransferCheckedInstruction(
    source,
    new PublicKey(usdc.mint),
    new PublicKey(accountOf.usdc),
    customer.publicKey,
    31n * dollar,
    6,
  );
  const reference = new PublicKey(request.reference);
  const { bytes } = await build({ units: 20n * dollar, reference, after: [again] });
  await chain.connection.sendRawTransaction(bytes);
  await settle();
  expect(await show(request.id)).toMatchObject({
    received: { amount: String(51n * dollar) },
    payments: [{ amount: { amount: String(51n * dollar) } }],
  });
  await check();
});

it('what wallets put before and after the transfer does not matter', async () => {
  const { ask, pay, customer, settle, show, check } = await depositService();
  const request = await ask('usdc');
  const guard = () =>
    SystemProgram.transfer({
      fromPubkey: customer.publicKey,
      toPubkey: customer.publicKey,
      lamports: 1,
    });
  const budget = ComputeBudgetProgram.setComputeUnitLimit({ units: 200_000 });
  await pay({
    units: 51n * dollar,
    for: request,
    before: [budget, guard()],
    after: [guard(), memo('nothing of yours')],
  });
  await settle();
  expect(await show(request.id)).toMatchObject({ status: 'paid' });
  await check();
});

it('a transaction of version 1 counts as any other', async () => {
  const { chain, control, usdc, accountOf, settle, suspense, check } = await depositService();
  const payer = await chain.newSigner();
  await chain.fund(payer.address);
  const { tokenAccount } = await control.mintTo({
    ...{ owner: payer.address, mint: 'USDC', units: String(30n * dollar) },
  });
  const transfer = getTransferCheckedInstruction({
    source: asAddress(tokenAccount),
    mint: usdc.mint,
    destination: accountOf.usdc,
    authority: payer,
    amount: 30n * dollar,
    decimals: 6,
  });
  await send(chain, payer, [transfer], 1);
  await settle();
  expect(await suspense()).toEqual({ usdc: 30n * dollar, io: 0n });
  await check();
});

describe('a transaction that nobody can read', () => {
  it('waits for a person, its neighbours are credited, and it is tried again at night', async () => {
    const { control, told, needs, ask, pay, settle, balances, check } = await depositService();
    const request = await ask('usdc');
    await pay({ units: 51n * dollar, for: request });
    const unreadable = await pay({ units: 102n * dollar, for: request });
    await control.disguiseVersion({ signature: unreadable, version: 7 });
    await pay({ units: 204n * dollar, for: request });
    expect(await settle()).toEqual({ done: 2, failed: 1 });
    expect(await balances()).toEqual({ available: 250n * dollar, owed: 0n });
    expect(told).toMatchObject([{ transaction: unreadable, reason: expect.any(String) }]);
    // It is not tried every minute.
    expect(await settle()).toEqual({ done: 0, failed: 0 });
    await control.revealTransactions();
    expect(await rescanDeposits(needs)).toEqual({ done: 1, failed: 0 });
    expect(await balances()).toEqual({ available: 350n * dollar, owed: 0n });
    await check();
  });

  it('is not given up while a node is silent that may be able to tell it', async () => {
    const { control, pay, settle, poll, told, check } = await depositService();
    const signature = await pay({ units: 3n * dollar });
    await control.disguiseVersion({ signature, version: 7 });
    const silent = { method: 'getTransaction', endpoint: 'replica', status: 500 } as const;
    await control.failRequests({ ...silent, times: 10 });
    expect(await settle()).toEqual({ done: 0, failed: 1 });
    expect(told).toEqual([]);
    await control.clearFaults();
    expect(await poll()).toEqual({ done: 1, failed: 0 });
    await check();
  });

  it('by one node waits until both tell it', async () => {
    const { control, pay, settle, poll, suspense, needs, runtime, check } = await depositService();
    const signature = await pay({ units: 3n * dollar });
    await control.hideTransactions({ signatures: [signature], endpoint: 'primary', wholly: true });
    expect(await settle()).toEqual({ done: 0, failed: 0 });
    expect(await suspense()).toEqual({ usdc: 0n, io: 0n });
    expect(await checkCustody(needs)).toEqual({ done: 0, failed: 0 });
    runtime.clock.ms += 2 * hourMs;
    await expect(checkCustody(needs)).rejects.toThrow('more than an hour');
    runtime.clock.ms -= 2 * hourMs;
    await control.revealTransactions();
    expect(await poll()).toEqual({ done: 1, failed: 0 });
    expect(await suspense()).toEqual({ usdc: 3n * dollar, io: 0n });
    await check();
  });

  it('by one node counts where there is no other', async () => {
    const { needs, ports, pay, control, suspense } = await depositService();
    await pay({ units: 3n * dollar });
    await control.finalize();
    const alone = { ...needs, chain: async () => ports.slice(0, 1) };
    expect(await pollDeposits(alone)).toEqual({ done: 1, failed: 0 });
    expect(await suspense()).toEqual({ usdc: 3n * dollar, io: 0n });
  });
});

describe('a node that lies', () => {
  const grown = (transaction: ChainTransaction): ChainTransaction => ({
    ...transaction,
    tokens: transaction.tokens.map((each) => ({ ...each, after: each.after * 1000n })),
  });
  it.each<[string, (told: ChainTransaction) => ChainTransaction]>([
    ['more came', grown],
    ['nothing came', (told) => ({ ...told, tokens: [] })],
    ['it failed', (told) => ({ ...told, failed: true })],
    ['it was in another block', (told) => ({ ...told, slot: told.slot + 1n })],
    ['it was at another time', (told) => ({ ...told, blockTimeMs: 1 })],
    ['it names somebody else', (told) => ({ ...told, keys: told.keys.slice(1) })],
    ['it has another memo', (told) => ({ ...told, memos: ['another'] })],
  ])('that %s is not believed, and it rings', async (_, lie) => {
    const lies = { left: false };
    const service = await depositService({
      between: (port) => ({
        ...port,
        getTransaction: async (...asked) => {
          const answer = await port.getTransaction(...asked);
          if (answer.outcome !== 'read' || !lies.left || port.provider !== 'first') return answer;
          return { ...answer, transaction: lie(answer.transaction) };
        },
      }),
    });
    lies.left = true;
    const request = await service.ask('usdc');
    await service.pay({ units: 51n * dollar, for: request });
    expect(await service.settle()).toEqual({ done: 0, failed: 1 });
    expect(service.told).toMatchObject([{ reason: 'providers tell it differently' }]);
    expect(await service.balances()).toEqual({ available: 0n, owed: 0n });
    lies.left = false;
    expect(await rescanDeposits(service.needs)).toEqual({ done: 1, failed: 0 });
    expect(await service.balances()).toEqual({ available: 50n * dollar, owed: 0n });
    await service.check();
  });
});

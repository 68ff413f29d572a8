/** What the accounts hold is what the transactions that we know brought; anything else rings. */

import { getTransferCheckedInstruction } from '@solana-program/token';
import { checkCustody } from '../../../functions/payments/deposits/check-custody.schedule.ts';
import { hourMs, minuteMs } from '../../../shared/core/time.ts';
import { putOwnTransaction } from '../../../shared/ledger/chain/own-transaction-store.ts';
import { givePollLockBack, takePollLock } from '../../../shared/payments/deposits/poll-store.ts';
import { build } from '../../local/solana/service.ts';
import { depositService, dollar, oneIo } from './deposit-service.ts';

it('is satisfied with deposits of all kinds, also those that come while it looks', async () => {
  const { ask, pay, giveIo, settle, needs, control } = await depositService();
  await giveIo(50n * oneIo);
  const request = await ask('usdc');
  await pay({ units: 51n * dollar, for: request });
  await pay({ units: 3n * dollar });
  await pay({ token: 'io', units: 50n * oneIo });
  await settle();
  expect(await checkCustody(needs)).toEqual({ done: 2, failed: 0 });
  await pay({ units: 4n * dollar });
  await control.finalize();
  // Between the look at the accounts and the look at the histories something more becomes final.
  const [first, ...others] = await needs.chain();
  if (first === undefined) throw new Error('there is no provider');
  const late = {
    ...first,
    listTokenAccounts: async (accounts: readonly string[]) => {
      const held = await first.listTokenAccounts(accounts);
      await pay({ units: 5n * dollar });
      await control.finalize();
      return held;
    },
  };
  const busy = { ...needs, chain: async () => [late, ...others] };
  expect(await checkCustody(busy)).toEqual({ done: 2, failed: 0 });
});

it('rings when every node hides a deposit, and not once it is told', async () => {
  const { pay, settle, needs, control, runtime } = await depositService();
  const hidden = await pay({ units: 51n * dollar });
  await control.hideTransactions({ signatures: [hidden], wholly: true });
  await pay({ units: 3n * dollar });
  await settle();
  await expect(checkCustody(needs)).rejects.toThrow('holds 54000000, its transactions say 3000000');
  expect(runtime.lines).toContainEqual(expect.objectContaining({ event: 'custody.differs' }));
  await control.revealTransactions();
  await settle();
  expect(await checkCustody(needs)).toEqual({ done: 2, failed: 0 });
});

it('rings when an account is closed', async () => {
  const { pay, settle, needs, control, accountOf } = await depositService();
  await pay({ units: 3n * dollar });
  await settle();
  await control.closeAccount({ account: accountOf.usdc });
  await control.finalize();
  await expect(checkCustody(needs)).rejects.toThrow('holds 0, its transactions say 3000000');
});

describe('what leaves an account', () => {
  const leave = async (isOurs: boolean) => {
    const service = await depositService();
    const { chain, accountOf, usdc, treasury, pay, settle, runtime, control, customer } = service;
    await pay({ units: 30n * dollar });
    await settle();
    const to = await control.mintTo({
      ...{ owner: customer.publicKey.toBase58(), mint: 'USDC', units: '0' },
    });
    const transfer = getTransferCheckedInstruction({
      source: accountOf.usdc,
      mint: usdc.mint,
      destination: to.tokenAccount as typeof accountOf.usdc,
      authority: treasury,
      amount: 10n * dollar,
      decimals: 6,
    });
    const { signature, wire } = await build(chain, treasury, [transfer]);
    const own = { signature, purpose: 'payout', subjectId: 'batch', atMs: 0 } as const;
    if (isOurs) await runtime.database.write(putOwnTransaction(own));
    await chain.rpc.sendTransaction(wire, { encoding: 'base64' }).send();
    return { ...service, signature, outcome: await settle() };
  };

  it('by a transaction of ours is posted by who sent it, and counted', async () => {
    const { outcome, needs, suspense } = await leave(true);
    expect(outcome).toEqual({ done: 1, failed: 0 });
    expect(await suspense()).toEqual({ usdc: 30n * dollar, io: 0n });
    expect(await checkCustody(needs)).toEqual({ done: 2, failed: 0 });
  });

  it('by anybody else’s rings at once', async () => {
    const { outcome, needs, told, signature } = await leave(false);
    expect(outcome).toEqual({ done: 0, failed: 1 });
    expect(told).toMatchObject([
      { transaction: signature, reason: expect.stringContaining('not ours') },
    ]);
    await expect(checkCustody(needs)).rejects.toThrow('holds 20000000');
  });
});

it('our own transaction that brings something is nobody’s deposit', async () => {
  const { pay, runtime, control, needs, poll, suspense } = await depositService();
  const signature = await pay({ units: 30n * dollar });
  const own = { signature, purpose: 'rebalancing', subjectId: 'sale', atMs: 0 } as const;
  await runtime.database.write(putOwnTransaction(own));
  await control.finalize();
  await poll();
  expect(await suspense()).toEqual({ usdc: 0n, io: 0n });
  expect(await checkCustody(needs)).toEqual({ done: 2, failed: 0 });
});

it('waits for a deposit that waits, and rings when it waits for more than an hour', async () => {
  const { pay, settle, runtime, needs } = await depositService();
  runtime.clock.ms += 2 * hourMs;
  await pay({ units: 30n * dollar });
  // No reading of its price for so long: USDC is not known to hold.
  expect(await settle()).toEqual({ done: 0, failed: 0 });
  expect(await checkCustody(needs)).toEqual({ done: 0, failed: 0 });
  runtime.clock.ms += 2 * hourMs;
  await expect(checkCustody(needs)).rejects.toThrow('more than an hour');
});

it('waits for a run of the minute that is under way, and says so when it does not end', async () => {
  const { needs, runtime, poll } = await depositService();
  const { database, clock } = runtime;
  await database.write(takePollLock('somebody', clock.ms, clock.ms + 5 * minuteMs));
  await expect(checkCustody(needs)).rejects.toMatchObject({ code: 'platform.unavailable' });
  expect(await poll()).toEqual({ done: 0, failed: 0 });
  let waits = 0;
  const pause = async () => {
    waits += 1;
    if (waits === 3) await database.write(givePollLockBack('somebody'));
  };
  expect(await checkCustody({ ...needs, pause })).toEqual({ done: 2, failed: 0 });
  expect(waits).toBe(3);
});

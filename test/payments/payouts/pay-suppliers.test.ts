/** The workflow `pay-suppliers` against a chain with the real programs: what leaves, and what never leaves twice. */
import { present } from '../../../shared/core/assert.ts';
import { getOwnTransaction } from '../../../shared/ledger/chain/own-transaction-store.ts';
import { getLaneBatch, listAttempts } from '../../../shared/payments/payouts/batch-store.ts';
import {
  getPayoutControls,
  putDeniedWallet,
  putPayoutControls,
} from '../../../shared/payments/payouts/payout-controls-store.ts';
import { payoutLimits } from '../../../shared/payments/payouts/payout-limits.ts';
import { io, type PayoutService, payoutService, usd } from './payout-service.ts';

/** Suppliers with a payout of $50 each. */
const asking = async (service: PayoutService, count: number) => {
  const asked: { wallet: string; organisation: string; id: `pay_${string}` }[] = [];
  for (let index = 0; index < count; index += 1) {
    // Ids sort by the time of their making.
    service.runtime.clock.ms += 1;
    const one = await service.supplier(100n * usd);
    asked.push({ ...one, id: await service.ask(one, 50n * usd) });
  }
  return asked;
};

const first = <One>(list: readonly One[]): One => {
  const [one] = list;
  if (one === undefined) throw new Error('an empty list');
  return one;
};

describe('a batch', () => {
  it('pays everybody in it with one transaction, and the books say what the chain says', async () => {
    const service = await payoutService();
    const asked = await asking(service, 2);
    const trail = await service.execute();
    expect(trail.slice(0, 3)).toEqual(['open-batch open', 'sign-batch signed', 'send-batch sent']);
    expect(trail.at(-1)).toBe('post-batch done');
    const paid = await Promise.all(asked.map(({ id }) => service.show(id)));
    expect(new Set(paid.map(({ signature }) => signature)).size).toBe(1);
    for (const { status, units, tokenUnits } of paid) {
      expect({ status, units, tokenUnits }).toEqual({
        ...{ status: 'paid', units: 50n * usd, tokenUnits: 49n * usd },
      });
    }
    for (const { wallet, organisation } of asked) {
      expect(await service.received(wallet)).toEqual([49n * usd]);
      expect(await service.balance(organisation)).toEqual({ available: 50n * usd, held: 0n });
    }
    const signature = first(paid).signature ?? '';
    expect(await getOwnTransaction(service.runtime.database, signature)).toMatchObject({
      purpose: 'payout',
    });
    await service.check();
  });

  it('holds 58, the oldest; the others are in the next one', async () => {
    const service = await payoutService();
    const asked = await asking(service, 60);
    await service.control.finalize();
    await service.execute();
    const statuses = await Promise.all(
      asked.map(async ({ id }) => (await service.show(id)).status),
    );
    expect(statuses.filter((status) => status === 'paid')).toHaveLength(58);
    expect(statuses.slice(0, 58).every((status) => status === 'paid')).toBe(true);
    await service.execute();
    for (const { wallet } of asked) expect(await service.received(wallet)).toEqual([49n * usd]);
    await service.check();
  });

  it('pays IO without a fee, at the price of the lock, or at a new one where that is over (P12)', async () => {
    const service = await payoutService();
    const price = { id: 'old', nanoUsdPerIo: 250_000_000n, atMs: service.runtime.clock.ms };
    const one = await service.supplier(100n * usd);
    const id = await service.ask(one, 50n * usd, { token: 'io', price });
    await service.execute();
    expect(await service.received(one.wallet, 'io')).toEqual([200n * io]);
    expect(await service.show(id)).toMatchObject({ status: 'paid', feeUnits: 0n });
    const late = await service.ask(one, 50n * usd, { token: 'io', price });
    service.runtime.clock.ms += 16 * 60_000;
    // No price is stored: IO waits, and nothing is paid at the old price.
    expect(await service.execute()).toEqual(['open-batch nothing']);
    expect((await service.show(late)).status).toBe('queued');
    await service.check();
  });
});

describe('a payout in USDC', () => {
  it('does not wait behind a hundred in IO that have no price', async () => {
    const service = await payoutService();
    const price = { id: 'old', nanoUsdPerIo: 250_000_000n, atMs: service.runtime.clock.ms };
    for (let suppliers = 0; suppliers < 6; suppliers += 1) {
      const waiting = await service.supplier(1_000n * usd, { accounts: false });
      for (let count = 0; count < 20; count += 1) {
        await service.ask(waiting, usd, { token: 'io', price });
      }
    }
    service.runtime.clock.ms += 16 * 60_000;
    const { wallet } = first(await asking(service, 1));
    const trail = await service.execute();
    expect(trail.at(-1)).toBe('post-batch done');
    expect(await service.received(wallet)).toEqual([49n * usd]);
    await service.check();
  });
});

describe('a transaction that does not land', () => {
  it('is sent again, the same bytes, and nothing else is signed (P3)', async () => {
    const service = await payoutService();
    const { wallet, id } = first(await asking(service, 1));
    await service.control.loseTransactions({ times: 4 });
    await service.execute();
    expect(await service.received(wallet)).toEqual([49n * usd]);
    const { batchId } = await service.show(id);
    expect(await listAttempts(service.runtime.database, batchId ?? '')).toHaveLength(1);
    await service.check();
  });

  it('that was accepted and dropped for good is signed anew once its end is proven (P2)', async () => {
    const service = await payoutService();
    const { wallet, id } = first(await asking(service, 1));
    await service.control.loseTransactions({ times: 1000 });
    for (const name of ['open-batch', 'sign-batch', 'send-batch'] as const)
      await service.step(name);
    expect(await service.step('follow-batch')).toEqual({ outcome: 'pending' });
    await service.control.expireBlockhashes();
    expect(await service.step('follow-batch')).toEqual({ outcome: 'open' });
    await service.control.clearFaults();
    const trail = await service.execute();
    expect(trail.slice(0, 2)).toEqual(['open-batch open', 'sign-batch signed']);
    const { batchId, signature } = await service.show(id);
    const attempts = await listAttempts(service.runtime.database, batchId ?? '');
    expect(attempts.map((one) => one.signature)).toEqual([expect.any(String), signature]);
    expect(await service.received(wallet)).toEqual([49n * usd]);
    await service.check();
  });

  it('lands late, just before its end: it is posted, and never paid again (P3)', async () => {
    const service = await payoutService();
    const { wallet } = first(await asking(service, 1));
    await service.control.delayTransactions({ slots: 140 });
    const trail = await service.execute();
    expect(trail.filter((one) => one === 'sign-batch signed')).toHaveLength(1);
    expect(await service.received(wallet)).toEqual([49n * usd]);
    await service.check();
  });

  it('is never given up while one of two providers lags or is silent', async () => {
    const service = await payoutService();
    await asking(service, 1);
    await service.control.loseTransactions({ times: 1000 });
    for (const name of ['open-batch', 'sign-batch', 'send-batch'] as const)
      await service.step(name);
    await service.control.expireBlockhashes();
    await service.control.setReplicaLag({ slots: 150 });
    expect(await service.step('follow-batch')).toEqual({ outcome: 'pending' });
    await service.control.setReplicaLag({ slots: 0 });
    await service.control.failRequests({ status: 503, endpoint: 'replica', times: 50 });
    expect(await service.step('follow-batch')).toEqual({ outcome: 'pending' });
    await service.control.clearFaults();
    expect(await service.step('follow-batch')).toEqual({ outcome: 'open' });
  });

  it('is followed, not repeated, when the record of it was lost', async () => {
    const service = await payoutService();
    const { wallet, id } = first(await asking(service, 1));
    for (const name of ['open-batch', 'sign-batch'] as const) await service.step(name);
    const { database } = service.runtime;
    const batch = await getLaneBatch(database, 'bulk');
    if (!batch) throw new Error('no batch');
    await service.step('send-batch');
    await service.control.finalize();
    // The table as it was before the attempt: restored to an earlier time.
    await database.write({
      ...{ kind: 'delete', table: 'payments', condition: {} },
      key: { pk: `PBT#${batch.id}`, sk: 'ATTEMPT#0000000001' },
    });
    await database.write({
      ...{ kind: 'update', table: 'payments', key: { pk: `PBT#${batch.id}`, sk: 'BATCH' } },
      set: { status: 'open', attempts: 0 },
      condition: {},
    });
    await service.execute();
    expect(await service.received(wallet)).toEqual([49n * usd]);
    expect((await service.show(id)).status).toBe('paid');
    await service.check();
  });
});

describe('a recipient that cannot be paid', () => {
  it('that is frozen is taken out, gets the earnings back, and holds nobody up (P5)', async () => {
    const service = await payoutService();
    const asked = await asking(service, 8);
    const bad = asked[5] ?? first(asked);
    const { tokenAccount } = await service.mintTo(bad.wallet, 'usdc', 0n);
    await service.control.freeze({ account: tokenAccount });
    await service.control.finalize();
    await service.execute();
    expect(await service.show(bad.id)).toMatchObject({
      ...{ status: 'failed', reason: 'token_account_frozen', signature: null },
    });
    expect(await service.balance(bad.organisation)).toEqual({ available: 100n * usd, held: 0n });
    for (const one of asked) {
      expect(await service.received(one.wallet)).toEqual(one === bad ? [] : [49n * usd]);
    }
    await service.check();
  });

  it('that was frozen a moment ago is found by halves (P5)', async () => {
    const service = await payoutService();
    const asked = await asking(service, 8);
    const bad = asked[2] ?? first(asked);
    const { tokenAccount } = await service.mintTo(bad.wallet, 'usdc', 0n);
    await service.control.finalize();
    await service.control.freeze({ account: tokenAccount });
    // Confirmed, and not yet where the accounts are read.
    await service.control.confirm();
    await service.execute();
    expect(await service.show(bad.id)).toMatchObject({
      ...{ status: 'failed', reason: 'recipient_refuses' },
    });
    expect(await service.balance(bad.organisation)).toEqual({ available: 100n * usd, held: 0n });
    for (const one of asked) {
      expect(await service.received(one.wallet)).toEqual(one === bad ? [] : [49n * usd]);
    }
    await service.check();
  });

  it('has an account made from $50 on, and is told what to do below', async () => {
    const service = await payoutService();
    const [rich, poor] = [
      await service.supplier(100n * usd, { accounts: false }),
      await service.supplier(100n * usd, { accounts: false }),
    ];
    const [made, refused] = [
      await service.ask(rich, payoutLimits.accountFromUnits),
      await service.ask(poor, payoutLimits.accountFromUnits - 1n),
    ];
    await service.execute();
    expect(await service.show(made)).toMatchObject({ status: 'paid' });
    expect(await service.received(rich.wallet)).toEqual([49n * usd]);
    expect(await service.show(refused)).toMatchObject({
      ...{ status: 'failed', reason: 'token_account_missing' },
    });
    await service.check();
  });

  it('whose account was closed since has it made again, and who then does not fit waits', async () => {
    const service = await payoutService();
    const asked = await asking(service, 12);
    await service.control.finalize();
    await service.step('open-batch');
    for (const { wallet } of asked) {
      const { tokenAccount } = await service.mintTo(wallet, 'usdc', 0n);
      await service.control.closeAccount({ account: tokenAccount });
    }
    await service.control.finalize();
    const trail = await service.execute();
    expect(trail.slice(0, 3)).toEqual(['open-batch open', 'sign-batch again', 'sign-batch signed']);
    const statuses = await Promise.all(
      asked.map(async ({ id }) => (await service.show(id)).status),
    );
    expect(statuses).toEqual([...Array(10).fill('paid'), 'queued', 'queued']);
    await service.execute();
    for (const { wallet } of asked) expect(await service.received(wallet)).toEqual([49n * usd]);
    await service.check();
  });

  it('that was denied since is not paid', async () => {
    const service = await payoutService();
    const { wallet, id } = first(await asking(service, 1));
    const denied = { address: wallet, reason: 'stolen', deniedAtMs: service.runtime.clock.ms };
    await service.runtime.database.write(putDeniedWallet(denied));
    expect(await service.execute()).toEqual(['open-batch open', 'sign-batch nothing']);
    expect(await service.show(id)).toMatchObject({ status: 'failed', reason: 'wallet_denied' });
    await service.check();
  });
});

describe('the treasury', () => {
  it('without SOL for the fee signs nothing, and goes on when it has some (P8)', async () => {
    const service = await payoutService({ lamports: 1_000_000n });
    const { wallet } = first(await asking(service, 1));
    expect(await service.execute()).toEqual(['open-batch open', 'sign-batch held']);
    expect(service.runtime.lines.at(-1)).toMatchObject({ event: 'payouts.held', why: 'sol_short' });
    await service.control.fund({ to: service.treasury.address, lamports: '1000000000' });
    await service.control.finalize();
    await service.execute();
    expect(await service.received(wallet)).toEqual([49n * usd]);
    await service.check({ moreLamports: 1_000_000_000n });
  });

  it('signs no more than it holds, less what is signed and may land in the other lane', async () => {
    const service = await payoutService({ usdc: 80n * usd });
    const [one, other] = [await service.supplier(100n * usd), await service.supplier(100n * usd)];
    await service.ask(one, 50n * usd);
    await service.ask(other, 50n * usd, { lane: 'approved' });
    for (const name of ['open-batch', 'sign-batch'] as const) await service.step(name, 'bulk');
    await service.step('open-batch', 'approved');
    expect(await service.step('sign-batch', 'approved')).toEqual({ outcome: 'held' });
    await service.execute('bulk');
    expect(await service.step('sign-batch', 'approved')).toEqual({ outcome: 'held' });
    await service.check();
  });

  it('whose key signs something else is refused before anything is written (P9)', async () => {
    const service = await payoutService({ kms: true });
    const { replies } = present(service.kms, 'no KMS');
    const { wallet } = first(await asking(service, 1));
    await service.step('open-batch');
    replies.push('turned');
    await expect(service.step('sign-batch')).rejects.toThrow('KMS signed something else');
    const batch = await getLaneBatch(service.runtime.database, 'bulk');
    expect(batch).toMatchObject({ status: 'open', attempts: 0 });
    expect(await service.received(wallet)).toEqual([]);
    await service.execute();
    expect(await service.received(wallet)).toEqual([49n * usd]);
    await service.check();
  });

  it('whose key is throttled is asked again by the workflow, and pays once (P7)', async () => {
    const service = await payoutService({ kms: true });
    const { replies, received } = present(service.kms, 'no KMS');
    // What is throttled is the signing.
    await service.needs.signer.getAddress();
    const { wallet } = first(await asking(service, 1));
    await service.step('open-batch');
    const throttled = { status: 400, type: 'ThrottlingException' };
    for (let tries = 0; tries < 3; tries += 1) {
      replies.push(throttled, throttled, throttled, throttled);
      await expect(service.step('sign-batch')).rejects.toMatchObject({
        ...{ kind: 'unavailable', code: 'treasury.key_throttled' },
      });
    }
    replies.push(throttled, { status: 500 });
    await service.execute();
    expect(await service.received(wallet)).toEqual([49n * usd]);
    const signed = received.filter(({ action }) => action.endsWith('Sign'));
    expect(signed).toHaveLength(15);
    await service.check();
  });

  it('whose key took so long that the blockhash is nearly over signs anew; nothing was written (P6)', async () => {
    let delays = 1;
    const service: PayoutService = await payoutService({
      signing: (bare) => async (message) => {
        const signature = await bare(message);
        delays -= 1;
        if (delays >= 0) await service.control.expireBlockhashes();
        return signature;
      },
    });
    const { wallet, id } = first(await asking(service, 1));
    const trail = await service.execute();
    expect(trail.slice(1, 3)).toEqual(['sign-batch again', 'sign-batch signed']);
    const { batchId } = await service.show(id);
    expect(await listAttempts(service.runtime.database, batchId ?? '')).toHaveLength(1);
    expect(await service.received(wallet)).toEqual([49n * usd]);
    await service.check();
  });
});

describe('two workers', () => {
  it('at every step at once pay once (P4)', async () => {
    const service = await payoutService();
    const asked = await asking(service, 3);
    const outcomes = await Promise.allSettled([service.execute(), service.execute()]);
    for (const outcome of outcomes) expect(outcome).toMatchObject({ status: 'fulfilled' });
    for (const { wallet, id } of asked) {
      expect(await service.received(wallet)).toEqual([49n * usd]);
      expect((await service.show(id)).status).toBe('paid');
    }
    await service.check();
  });
});

describe('what stops payouts', () => {
  it('is the operator: nothing more is signed, what is signed goes on', async () => {
    const service = await payoutService();
    const { wallet } = first(await asking(service, 1));
    const { database } = service.runtime;
    await service.step('open-batch');
    const stop = async (why: string | null) =>
      database.write(
        putPayoutControls(await getPayoutControls(database), why, service.runtime.clock.ms),
      );
    await stop('an incident');
    expect(await service.step('sign-batch')).toEqual({ outcome: 'held' });
    await stop(null);
    expect(await service.step('sign-batch')).toEqual({ outcome: 'signed' });
    await stop('an incident');
    await service.execute();
    expect(await service.received(wallet)).toEqual([49n * usd]);
    await service.check();
  });

  it('is the end of what the hour may have: what is above waits for the next', async () => {
    const service = await payoutService();
    const one = await service.supplier(100_000n * usd);
    for (let count = 0; count < 6; count += 1) await service.ask(one, 4_900n * usd);
    await service.execute();
    expect(await service.received(one.wallet)).toEqual([5n * 4_802n * usd]);
    expect(await service.execute()).toEqual(['open-batch nothing']);
    service.runtime.clock.ms += 3_600_000;
    await service.execute();
    expect(await service.received(one.wallet)).toEqual([5n * 4_802n * usd, 4_802n * usd]);
    await service.check();
  });

  it('is the breaker: more than any hour may have, until an operator lets that one pass', async () => {
    const service = await payoutService();
    const one = await service.supplier(100_000n * usd);
    for (let count = 0; count < 2; count += 1) await service.ask(one, 26_000n * usd);
    expect(await service.execute()).toEqual(['open-batch open', 'sign-batch held']);
    const { database } = service.runtime;
    expect((await getPayoutControls(database)).pausedFor).toContain('in this hour');
    expect(await service.received(one.wallet)).toEqual([]);
    expect(await service.execute()).toEqual(['open-batch open', 'sign-batch held']);
    const resume = async () =>
      database.write(
        putPayoutControls(await getPayoutControls(database), null, service.runtime.clock.ms),
      );
    await resume();
    await service.execute();
    expect(await service.received(one.wallet)).toEqual([25_480n * usd]);
    // The next one is another batch, which nobody has looked at.
    expect(await service.execute()).toEqual(['open-batch open', 'sign-batch held']);
    await resume();
    await service.execute();
    expect(await service.received(one.wallet)).toEqual([25_480n * usd, 25_480n * usd]);
    await service.check();
  });
});

describe('the lane of approved payouts', () => {
  it('stands on a durable nonce: lands whenever it is sent, and only one variant of it (P10)', async () => {
    const service = await payoutService({ nonce: true });
    const one = await service.supplier(20_000n * usd);
    await service.ask(one, 6_000n * usd, { lane: 'approved' });
    await service.control.loseTransactions({ times: 1000 });
    for (const name of ['open-batch', 'sign-batch', 'send-batch'] as const) {
      await service.step(name, 'approved');
    }
    await service.control.expireBlockhashes();
    await service.control.advanceSlots({ slots: 1000 });
    expect(await service.step('follow-batch', 'approved')).toEqual({ outcome: 'pending' });
    await service.control.clearFaults();
    const trail = await service.execute('approved');
    expect(trail).not.toContain('sign-batch signed');
    expect(await service.received(one.wallet)).toEqual([5_880n * usd]);
    await service.check();
  });

  it('fills a transaction with what a nonce leaves room for, and pays the rest by the next', async () => {
    const service = await payoutService({ nonce: true });
    const wallets: string[] = [];
    for (let count = 0; count < 57; count += 1) {
      const one = await service.supplier(100n * usd);
      await service.ask(one, 100n * usd, { lane: 'approved' });
      wallets.push(one.wallet);
    }
    await service.control.finalize();
    const paid = async () => {
      const received = await Promise.all(wallets.map((wallet) => service.received(wallet)));
      return received.filter((payments) => payments.length > 0).length;
    };
    await service.execute('approved');
    expect(await paid()).toBe(55);
    await service.execute('approved');
    expect(await paid()).toBe(57);
    for (const wallet of wallets) expect(await service.received(wallet)).toEqual([98n * usd]);
    await service.check();
  });
});

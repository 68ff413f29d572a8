/** What is not paid although it was asked for: to wallets that changed, by transactions that would do something else. */
import { commit } from '../../../functions/kit/transaction.ts';
import type { SolanaPort } from '../../../shared/adapters/solana-port.ts';
import { present } from '../../../shared/core/assert.ts';
import { newId } from '../../../shared/core/ids.ts';
import { hourMs, minuteMs } from '../../../shared/core/time.ts';
import { getAccount } from '../../../shared/ledger/ledger-store.ts';
import { getLaneBatch } from '../../../shared/payments/payouts/batch-store.ts';
import {
  getPayoutWallet,
  putPayoutWallet,
  removePayoutWallet,
} from '../../../shared/payments/payouts/payout-wallet-store.ts';
import { keyOf } from '../../support/ed25519-key.ts';
import { seededRandomness } from '../../support/runtime.ts';
import { setTokenPrice } from '../prices/samples.ts';
import { io, type PayoutService, payoutService, usd } from './payout-service.ts';

const randomness = seededRandomness('other wallets');

/** A supplier with a USDC payout of $50. */
const asking = async (service: PayoutService) => {
  const one = await service.supplier(100n * usd);
  return { ...one, id: await service.ask(one, 50n * usd) };
};

type Asking = Awaited<ReturnType<typeof asking>>;

const currentWallet = async ({ runtime }: PayoutService, { organisation }: Asking) =>
  present(await getPayoutWallet(runtime.database, organisation, 'usdc'), 'no wallet');

const remove = async (service: PayoutService, one: Asking): Promise<void> => {
  const wallet = await currentWallet(service, one);
  const ended = { atMs: service.runtime.clock.ms, actor: 'key_1', reason: 'removed' as const };
  await commit(service.runtime, removePayoutWallet({ ...wallet, ended }));
};

/** Names a wallet in place of the one of now, if there is one; it cools down for a day. */
const name = async (service: PayoutService, one: Asking, address: string): Promise<void> => {
  const { database, clock } = service.runtime;
  const before = await getPayoutWallet(database, one.organisation, 'usdc');
  const ids = {
    id: newId('pwl', clock.ms, randomness),
    walletId: newId('wal', clock.ms, randomness),
  };
  const stands = { createdAtMs: clock.ms, payableFromMs: clock.ms + 24 * hourMs, ended: null };
  const { organisation: organisationId } = one;
  const wallet = { ...ids, ...stands, organisationId, asset: 'usdc' as const, address };
  await commit(service.runtime, putPayoutWallet({ ...wallet, actor: 'key_1' }, before));
};

const expectHeldBack = async (service: PayoutService, one: Asking): Promise<void> => {
  expect(await service.show(one.id)).toMatchObject({
    ...{ status: 'failed', reason: 'wallet_changed', signature: null },
  });
  expect(await service.received(one.wallet)).toEqual([]);
  expect(await service.balance(one.organisation)).toEqual({ available: 100n * usd, held: 0n });
  await service.check();
};

describe('a payout whose wallet', () => {
  it('was removed while it waited is not paid; its neighbours are', async () => {
    const service = await payoutService();
    const [one, other] = [await asking(service), await asking(service)];
    await remove(service, one);
    await service.execute();
    expect(await service.received(other.wallet)).toEqual([49n * usd]);
    await expectHeldBack(service, one);
  });

  it('was replaced while it waited is paid to neither', async () => {
    const service = await payoutService();
    const one = await asking(service);
    const { address } = keyOf(randomness.bytes(32));
    await name(service, one, address);
    await service.execute();
    expect(await service.received(address)).toEqual([]);
    await expectHeldBack(service, one);
  });

  it('was removed and named again cools down anew, and is not paid', async () => {
    const service = await payoutService();
    const one = await asking(service);
    await remove(service, one);
    await name(service, one, one.wallet);
    await service.execute();
    await expectHeldBack(service, one);
  });

  it('is removed while the key signs is not paid: what was signed is forgotten', async () => {
    let removing: (() => Promise<void>) | undefined;
    const service = await payoutService({
      signing: (bare) => async (message) => {
        await removing?.();
        removing = undefined;
        return bare(message);
      },
    });
    const one = await asking(service);
    removing = () => remove(service, one);
    const trail = await service.execute();
    expect(trail).toEqual(['open-batch open', 'sign-batch again', 'sign-batch nothing']);
    await expectHeldBack(service, one);
  });
});

/** A provider that tells of trials what `told` makes of them. */
const tellingOfTrials =
  (told: (trial: Awaited<ReturnType<SolanaPort['simulate']>>) => Promise<typeof trial>) =>
  (port: SolanaPort): SolanaPort => ({
    ...port,
    simulate: async (wire, watched) => told(await port.simulate(wire, watched)),
  });

describe('a transaction', () => {
  it('that would give a recipient another amount is not signed', async () => {
    const service = await payoutService({
      between: tellingOfTrials(async (trial) => ({
        ...trial,
        // The recipient stands first.
        accounts: trial.accounts.map((each, at) =>
          each && at === 0 ? { ...each, units: each.units - 1n } : each,
        ),
      })),
    });
    const one = await asking(service);
    expect(await service.execute()).toEqual(['open-batch open', 'sign-batch held']);
    expect(service.runtime.lines.at(-1)).toMatchObject({
      ...{ event: 'payouts.held', why: 'simulation' },
      error: expect.stringContaining('would change by 48999999, not 49000000'),
    });
    const batch = await getLaneBatch(service.runtime.database, 'bulk');
    expect(batch).toMatchObject({ status: 'open', attempts: 0 });
    expect(await service.received(one.wallet)).toEqual([]);
  });

  it('that would take more out of the treasury is not signed', async () => {
    const service = await payoutService({
      between: tellingOfTrials(async (trial) => ({
        ...trial,
        accounts: trial.accounts.map((each, at) =>
          each && at === trial.accounts.length - 1 ? { ...each, units: each.units - 1n } : each,
        ),
      })),
    });
    await asking(service);
    expect(await service.execute()).toEqual(['open-batch open', 'sign-batch held']);
  });

  it('is not disturbed by a deposit between two looks', async () => {
    let service: PayoutService | undefined;
    let deposits = 1;
    const between = (port: SolanaPort): SolanaPort => ({
      ...port,
      simulate: async (wire, watched) => {
        if (service && deposits > 0) {
          deposits -= 1;
          await service.mintTo(service.treasury.address, 'io', 1n);
          await service.mintTo(service.treasury.address, 'usdc', 7n * usd);
          await service.control.confirm();
        }
        return port.simulate(wire, watched);
      },
    });
    service = await payoutService({ between });
    const one = await asking(service);
    const trail = await service.execute();
    expect(trail.slice(0, 2)).toEqual(['open-batch open', 'sign-batch signed']);
    expect(await service.received(one.wallet)).toEqual([49n * usd]);
  });

  it('that others never cease to disturb is left to a later execution', async () => {
    let service: PayoutService | undefined;
    let trials = 0;
    const deposit = async () => {
      await service?.mintTo(service.treasury.address, 'usdc', usd);
      await service?.control.confirm();
    };
    const between = (port: SolanaPort): SolanaPort => ({
      ...port,
      simulate: async (wire, watched) => {
        trials += 1;
        await deposit();
        const trial = await port.simulate(wire, watched);
        await deposit();
        return trial;
      },
    });
    service = await payoutService({ between });
    await asking(service);
    expect(await service.execute()).toEqual(['open-batch open', 'sign-batch held']);
    expect(trials).toBe(3);
    expect(service.runtime.lines.at(-1)).toMatchObject({
      ...{ event: 'payouts.held', why: 'disturbed' },
    });
  });
});

describe('a treasury whose last check found it changed', () => {
  it('pays nothing: no batch is opened, and none is signed, until a check finds it sound', async () => {
    const service = await payoutService();
    const one = await asking(service);
    const says = 'somebody may spend from it';
    const delegate = { code: 'account_delegate' as const, token: 'usdc' as const, says };
    await service.checked([delegate]);
    expect(await service.execute()).toEqual(['open-batch held']);
    await service.checked();
    expect(await service.step('open-batch')).toEqual({ outcome: 'open' });
    await service.checked([delegate]);
    expect(await service.step('sign-batch')).toEqual({ outcome: 'held' });
    // Little SOL rings, and stops nothing.
    await service.checked([{ code: 'sol_low', token: null, says: 'little is left' }]);
    await service.execute();
    expect(await service.received(one.wallet)).toEqual([49n * usd]);
    await service.check();
  });
});

describe('an IO payout whose price is over', () => {
  it('is paid at the price of now, and no more IO stays held than is paid (P12)', async () => {
    const service = await payoutService();
    const { clock, database } = service.runtime;
    const price = { id: 'old', nanoUsdPerIo: 250_000_000n, atMs: clock.ms };
    const one = await service.supplier(100n * usd);
    const id = await service.ask(one, 50n * usd, { token: 'io', price });
    expect(await getAccount(database, 'fx:io')).toMatchObject({ held: 200n * io });
    clock.ms += 15 * minuteMs;
    await setTokenPrice(service.runtime, 'io', 200_000_000n);
    await service.execute();
    expect(await service.show(id)).toMatchObject({
      ...{ status: 'paid', units: 50n * usd, feeUnits: 0n, tokenUnits: 250n * io },
      price: { nanoUsdPerIo: 200_000_000n, untilMs: clock.ms + 15 * minuteMs },
    });
    expect(await service.received(one.wallet, 'io')).toEqual([250n * io]);
    expect(await getAccount(database, 'fx:io')).toMatchObject({ held: 0n });
    await service.check();
  });

  it('keeps its place and is paid later where the position is short at the new price', async () => {
    const service = await payoutService();
    const { clock } = service.runtime;
    const price = { id: 'old', nanoUsdPerIo: 250_000_000n, atMs: clock.ms };
    const one = await service.supplier(100n * usd);
    const id = await service.ask(one, 50n * usd, { token: 'io', price });
    clock.ms += 15 * minuteMs;
    // $50 are 200,000 IO now, twice what the platform has.
    await setTokenPrice(service.runtime, 'io', 250_000n);
    expect(await service.execute()).toEqual(['open-batch nothing']);
    expect(await service.show(id)).toMatchObject({ status: 'queued', tokenUnits: 200n * io });
    clock.ms += 30 * minuteMs;
    await setTokenPrice(service.runtime, 'io', 500_000_000n);
    await service.execute();
    expect(await service.received(one.wallet, 'io')).toEqual([100n * io]);
    await service.check();
  });
});

/**
 * Rewards that wait for their mint: nobody else waits for them, they use up no limit, and they are never paid
 * with IO that is somebody else's, by one lane or by both.
 */
import { minuteMs } from '../../../shared/core/time.ts';
import { stakeAccount, supplierIoAccount } from '../../../shared/ledger/account.ts';
import type { IoPrice } from '../../../shared/ledger/io-price.ts';
import type { Lane } from '../../../shared/payments/payouts/payout.ts';
import { getPayoutControls } from '../../../shared/payments/payouts/payout-controls-store.ts';
import { setTokenPrice } from '../prices/samples.ts';
import { io, type PayoutService, payoutService, usd } from './payout-service.ts';

const priceOf = ({ runtime }: PayoutService): IoPrice => ({
  ...{ id: 'prc_1', nanoUsdPerIo: 250_000_000n, atMs: runtime.clock.ms },
});

/** A supplier with a payout of that much of its rewards, not minted unless told. */
const asking = async (
  service: PayoutService,
  units: bigint,
  { isMinted = false, lane = 'bulk' }: { isMinted?: boolean; lane?: Lane } = {},
) => {
  // Ids sort by the time of their making.
  service.runtime.clock.ms += 1;
  const one = await service.supplier(100n * usd);
  await service.reward(one, units, { isMinted });
  const price = priceOf(service);
  const id = await service.ask(one, units, { source: 'rewards', token: 'io', lane, price });
  return { ...one, id };
};

const statusOf = async (service: PayoutService, { id }: { readonly id: string }) =>
  (await service.show(id)).status;

describe('the two lanes', () => {
  it('do not claim the same IO one after the other', async () => {
    const service = await payoutService({ nonce: true });
    const first = await asking(service, 300n * io, { isMinted: true });
    const second = await asking(service, 300n * io, { lane: 'approved' });
    expect((await service.step('open-batch')).outcome).toBe('open');
    expect((await service.step('open-batch', 'approved')).outcome).toBe('nothing');
    await service.execute();
    await service.execute('approved');
    expect(await service.received(first.wallet, 'io')).toEqual([300n * io]);
    expect(await statusOf(service, second)).toBe('queued');
    await service.check();
  });

  it.each<[Lane, Lane]>([
    ['bulk', 'approved'],
    ['approved', 'bulk'],
  ])('that claimed it both at once pay it once, %s first', async (one, other) => {
    const service = await payoutService({ nonce: true });
    const byLane = {
      bulk: await asking(service, 300n * io, { isMinted: true }),
      approved: await asking(service, 300n * io, { lane: 'approved' }),
    };
    const opened = await Promise.all([
      service.step('open-batch', 'bulk'),
      service.step('open-batch', 'approved'),
    ]);
    expect(opened).toEqual([{ outcome: 'open' }, { outcome: 'open' }]);
    await service.execute(one);
    await service.execute(other);
    expect(await statusOf(service, byLane[one])).toBe('paid');
    expect(await statusOf(service, byLane[other])).toBe('queued');
    await service.check();
    await service.mint(300n * io);
    await service.execute(other);
    expect(await service.received(byLane[other].wallet, 'io')).toEqual([300n * io]);
    await service.check();
  });

  it('sign what they claimed both at once, in one write or the other', async () => {
    const service = await payoutService({ nonce: true });
    const bulk = await asking(service, 300n * io, { isMinted: true });
    const approved = await asking(service, 300n * io, { lane: 'approved' });
    await Promise.all([service.step('open-batch'), service.step('open-batch', 'approved')]);
    await Promise.all([service.step('sign-batch'), service.step('sign-batch', 'approved')]);
    await service.execute();
    await service.execute('approved');
    const statuses = [await statusOf(service, bulk), await statusOf(service, approved)];
    expect(statuses.toSorted()).toEqual(['paid', 'queued']);
    await service.check();
  });

  it('pay earnings out of a batch whose rewards nothing covers any more', async () => {
    const service = await payoutService();
    const rewarded = await asking(service, 300n * io, { isMinted: true });
    const earning = await service.supplier(100n * usd);
    await service.ask(earning, 50n * usd, { token: 'io', price: priceOf(service) });
    await service.step('open-batch');
    expect(await statusOf(service, rewarded)).toBe('sending');
    // Somebody stakes as much of what is not minted yet.
    await service.reward({ organisation: 'org_staker' }, 300n * io, { isMinted: false });
    await service.post('io', [
      [supplierIoAccount('org_staker'), -300n * io],
      [stakeAccount('org_staker', 'dev_1'), 300n * io],
    ]);
    await service.execute();
    expect(await service.received(earning.wallet, 'io')).toEqual([200n * io]);
    expect(await statusOf(service, rewarded)).toBe('queued');
  });
});

describe('rewards that are not minted are not paid from', () => {
  it.each([
    ['what others staked', stakeAccount('org_staker', 'dev_1')],
    ['what belongs to nobody yet', 'suspense:io'],
    ['what was given for rewards to come', 'reward:fund'],
    ['what conversions left', 'fx:io'],
  ])('%s', async (_, account) => {
    const service = await payoutService();
    await service.post('io', [
      ['ext:io', -300n * io],
      [account, 300n * io],
    ]);
    await service.mintTo(service.treasury.address, 'io', 300n * io);
    await service.control.finalize();
    const waiting = await asking(service, 300n * io);
    expect(await service.execute()).toEqual(['open-batch nothing']);
    expect(await statusOf(service, waiting)).toBe('queued');
    await service.mint(300n * io);
    await service.execute();
    expect(await service.received(waiting.wallet, 'io')).toEqual([300n * io]);
    await service.check();
  });

  it('what arrived and is not booked yet', async () => {
    const service = await payoutService();
    await service.mintTo(service.treasury.address, 'io', 300n * io);
    await service.control.finalize();
    const waiting = await asking(service, 300n * io);
    expect(await service.execute()).toEqual(['open-batch nothing']);
    expect(await statusOf(service, waiting)).toBe('queued');
  });

  it('what the books expect and the chain does not show', async () => {
    const service = await payoutService();
    await service.post('io', [
      ['ext:io', -300n * io],
      ['ext:issuance', 300n * io],
    ]);
    const waiting = await asking(service, 300n * io);
    expect(await service.execute()).toEqual(['open-batch nothing']);
    expect(await statusOf(service, waiting)).toBe('queued');
  });
});

describe('rewards that wait for their mint', () => {
  it.each([
    ['several', 6, 19_600n * io],
    ['one that is more than any hour may pay', 1, 104_000n * io],
  ])('use up no limit: %s', async (_, count, units) => {
    const service = await payoutService();
    for (let n = 0; n < count; n += 1) await asking(service, units);
    service.runtime.clock.ms += 1;
    const earning = await service.supplier(100n * usd);
    await service.ask(earning, 50n * usd, { token: 'io', price: priceOf(service) });
    await service.execute();
    expect(await service.received(earning.wallet, 'io')).toEqual([200n * io]);
    expect((await getPayoutControls(service.runtime.database)).pausedFor).toBeNull();
  });

  it('keep nobody waiting however many they are, and a look writes nothing for them', async () => {
    const service = await payoutService();
    const { clock, database } = service.runtime;
    // More than all looks of a step reach, in as many payouts as a supplier may have open.
    for (let suppliers = 0; suppliers < 101; suppliers += 1) {
      const one = await service.supplier(1n * usd, { accounts: false });
      await service.reward(one, 80n * io, { isMinted: false });
      for (let n = 0; n < 20; n += 1) {
        clock.ms += 1;
        const price = priceOf(service);
        await service.ask(one, 4n * io, { source: 'rewards', token: 'io', price });
      }
    }
    clock.ms += 15 * minuteMs;
    await setTokenPrice(service.runtime, 'io', 250_000_000n);
    // Some IO is free, and covers none of them.
    await service.mint(4n * io - 1n);
    let writes = 0;
    const { transact } = database;
    database.transact = (...all) => {
      writes += 1;
      return transact.apply(database, all);
    };
    expect(await service.step('open-batch')).toEqual({ outcome: 'nothing' });
    expect(writes).toBe(0);
    const inUsdc = await service.supplier(100n * usd);
    await service.ask(inUsdc, 50n * usd);
    await service.execute();
    expect(await service.received(inUsdc.wallet)).toEqual([49n * usd]);
  });
});

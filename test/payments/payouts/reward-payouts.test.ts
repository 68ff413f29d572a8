/** Payouts of rewards through `pay-suppliers`: what was rewarded arrives whole, and what is not minted yet waits. */
import { commit } from '../../../functions/kit/transaction.ts';
import { minuteMs } from '../../../shared/core/time.ts';
import type { IoPrice } from '../../../shared/ledger/io-price.ts';
import { getAccount } from '../../../shared/ledger/ledger-store.ts';
import { type Lane, movedPayout } from '../../../shared/payments/payouts/payout.ts';
import { getPayoutControls } from '../../../shared/payments/payouts/payout-controls-store.ts';
import { payoutLimits } from '../../../shared/payments/payouts/payout-limits.ts';
import { putPayout } from '../../../shared/payments/payouts/payout-store.ts';
import { setTokenPrice } from '../prices/samples.ts';
import { io, type PayoutService, payoutService, usd } from './payout-service.ts';

const priceOf = ({ runtime }: PayoutService, nanoUsdPerIo = 250_000_000n): IoPrice => ({
  ...{ id: 'prc_1', nanoUsdPerIo, atMs: runtime.clock.ms },
});

/** A supplier with a payout of that much of its rewards, at 0.25 USD. */
const asking = async (
  service: PayoutService,
  units: bigint,
  { isMinted = true, lane = 'bulk' }: { isMinted?: boolean; lane?: Lane } = {},
) => {
  // Ids sort by the time of their making.
  service.runtime.clock.ms += 1;
  const one = await service.supplier(100n * usd);
  await service.reward(one, units, { isMinted });
  const price = priceOf(service);
  const id = await service.ask(one, units, { source: 'rewards', token: 'io', lane, price });
  return { ...one, id };
};

it('pays rewards whole, in one transaction with earnings that are paid in IO', async () => {
  const service = await payoutService();
  const rewarded = await asking(service, 300n * io + 7n);
  const earning = await service.supplier(100n * usd);
  const price = priceOf(service);
  const earned = await service.ask(earning, 50n * usd, { token: 'io', price });
  await service.execute();
  expect(await service.received(rewarded.wallet, 'io')).toEqual([300n * io + 7n]);
  expect(await service.received(earning.wallet, 'io')).toEqual([200n * io]);
  const { signature, status } = await service.show(rewarded.id);
  expect(status).toBe('paid');
  expect(await service.show(earned)).toMatchObject({ status: 'paid', signature });
  expect(await service.balance(rewarded.organisation, 'rewards')).toEqual({
    ...{ available: 0n, held: 0n },
  });
  expect(await service.balance(rewarded.organisation)).toEqual({
    ...{ available: 100n * usd, held: 0n },
  });
  await service.check();
});

it('gives rewards back that the recipient’s account refuses', async () => {
  const service = await payoutService();
  const one = await asking(service, 300n * io);
  const { tokenAccount } = await service.mintTo(one.wallet, 'io', 0n);
  await service.control.freeze({ account: tokenAccount });
  await service.control.finalize();
  await service.execute();
  expect(await service.show(one.id)).toMatchObject({
    ...{ status: 'failed', reason: 'token_account_frozen' },
  });
  expect(await service.balance(one.organisation, 'rewards')).toEqual({
    ...{ available: 300n * io, held: 0n },
  });
  await service.check();
});

it('counts rewards at the price of now, and waits while there is none', async () => {
  const service = await payoutService();
  const { clock } = service.runtime;
  const one = await asking(service, 300n * io);
  expect((await service.show(one.id)).usdUnits).toBe(75n * usd);
  clock.ms += 15 * minuteMs;
  expect(await service.execute()).toEqual(['open-batch nothing']);
  await setTokenPrice(service.runtime, 'io', 500_000_000n);
  await service.execute();
  expect(await service.show(one.id)).toMatchObject({
    ...{ status: 'paid', usdUnits: 150n * usd, units: 300n * io, tokenUnits: 300n * io },
    price: { nanoUsdPerIo: 500_000_000n, untilMs: clock.ms + 15 * minuteMs },
  });
  expect(await service.received(one.wallet, 'io')).toEqual([300n * io]);
  await service.check();
});

it('keeps rewards waiting that a new price makes too much for the hour, and opens no breaker', async () => {
  const service = await payoutService();
  const { clock, database } = service.runtime;
  const half = (payoutLimits.hourUnitsMin / 2n / usd) * 4n * io;
  const inLane = { lane: 'approved' } as const;
  const [first, second] = [
    await asking(service, half, inLane),
    await asking(service, half, inLane),
  ];
  clock.ms += 15 * minuteMs;
  // The two are worth half as much again now: one still fits into the hour.
  await setTokenPrice(service.runtime, 'io', 375_000_000n);
  await service.execute('approved');
  await service.execute('approved');
  expect(await service.received(first.wallet, 'io')).toEqual([half]);
  expect((await service.show(second.id)).status).toBe('queued');
  expect((await getPayoutControls(database)).pausedFor).toBeNull();
  clock.ms += 60 * minuteMs;
  await setTokenPrice(service.runtime, 'io', 375_000_000n);
  await service.execute('approved');
  expect(await service.received(second.wallet, 'io')).toEqual([half]);
  await service.check();
});

it('lets a person decide about rewards that a new price made worth $5,000, and once', async () => {
  const service = await payoutService();
  const { clock } = service.runtime;
  const one = await asking(service, 16_000n * io);
  const small = await asking(service, 300n * io);
  clock.ms += 15 * minuteMs;
  await setTokenPrice(service.runtime, 'io', 312_500_000n);
  await service.execute();
  const grown = await service.show(one.id);
  expect(grown).toMatchObject({
    ...{ status: 'awaiting_approval', lane: 'approved', usdUnits: 5_000n * usd, batchId: null },
  });
  expect(await service.balance(one.organisation, 'rewards')).toEqual({
    ...{ available: 0n, held: 16_000n * io },
  });
  expect(await service.received(small.wallet, 'io')).toEqual([300n * io]);
  await commit(service.runtime, putPayout(movedPayout(grown, 'approve'), grown));
  clock.ms += 15 * minuteMs;
  await setTokenPrice(service.runtime, 'io', 625_000_000n);
  await service.execute('approved');
  expect(await service.received(one.wallet, 'io')).toEqual([16_000n * io]);
  await service.check();
});

it('lets rewards wait that are not minted yet, and nobody for them', async () => {
  const service = await payoutService();
  const waiting = await asking(service, 300n * io, { isMinted: false });
  const covered = await asking(service, 200n * io);
  const inUsdc = await service.supplier(100n * usd);
  await service.ask(inUsdc, 50n * usd);
  const inIo = await service.supplier(100n * usd);
  await service.ask(inIo, 50n * usd, { token: 'io', price: priceOf(service) });
  for (let executions = 0; executions < 3; executions += 1) await service.execute();
  expect(await service.received(covered.wallet, 'io')).toEqual([200n * io]);
  expect(await service.received(inUsdc.wallet)).toEqual([49n * usd]);
  expect(await service.received(inIo.wallet, 'io')).toEqual([200n * io]);
  // The treasury holds plenty, but it is promised to those who are paid by conversion.
  expect((await getAccount(service.runtime.database, 'fx:io')).available).toBeGreaterThan(
    300n * io,
  );
  expect((await service.show(waiting.id)).status).toBe('queued');
  expect(await service.execute()).toEqual(['open-batch nothing']);
  await service.mint(300n * io);
  await service.execute();
  expect(await service.received(waiting.wallet, 'io')).toEqual([300n * io]);
  await service.check();
});

/**
 * Time passes: a running cluster is settled by the hour, completes at the end of its paid time, and its
 * supplier's earnings mature. The platform's clock is moved, and its schedules are called by hand.
 */
import { writeClockOffset } from '../../functions/kit/clock-offset.ts';
import { untilClosed, untilStatus } from '../../local/demo/rental.ts';
import { waitFor } from '../../local/demo/wait.ts';
import { present } from '../../shared/core/assert.ts';
import { dayMs, hourMs, minuteMs } from '../../shared/core/time.ts';
import { balancesSchema } from '../../shared/ledger/schemas.ts';
import { dueUnits } from '../../shared/ledger/settlement.ts';
import { expectBillToAgree, settlementsOf, usageOf } from './support/books.ts';
import {
  type Cluster,
  createCluster,
  getCluster,
  listEvents,
  listNodes,
  quoteFor,
  refusalOf,
  rentCluster,
} from './support/renting.ts';
import { creditUnits, rateUnits, untilNodeGone, useStage } from './support/stage.ts';

const stage = useStage({ name: 'expiry', agents: ['atlas', 'boreas'] });
const usd = (units: bigint) => ({ amount: units.toString(), currency: 'usd' });
const moveClock = (offsetMs: number) => writeClockOffset(stage().database, { offsetMs });
const balancesOf = (tenant: 'customer' | 'supplier') =>
  stage()[tenant].api.get('/v1/ledger/balances', balancesSchema);

/** Waits until every node of the cluster has proven more time than these. */
const untilAllProvenBeyond = (clusterId: string, before: ReadonlyMap<string, number>) =>
  waitFor(
    `every node of ${clusterId} to prove more time`,
    async () => {
      const nodes = Object.entries((await usageOf(stage(), clusterId)).nodes);
      return nodes.every(([nodeId, { provenMs }]) => provenMs > (before.get(nodeId) ?? 0))
        ? new Map(nodes.map(([nodeId, { provenMs }]) => [nodeId, provenMs]))
        : undefined;
    },
    { seconds: 90 },
  );

describe('a cluster of two hours', () => {
  let cluster: Cluster;
  let firstMs: ReadonlyMap<string, number>;

  it('is settled within the hour for what was proven, and goes on', async () => {
    const { customer, platform } = stage();
    cluster = await rentCluster(customer, 2, 2);
    firstMs = await untilAllProvenBeyond(cluster.id, new Map());
    // The schedule makes up for the minutes since its last run, so it has to have run.
    await platform.invoke('clusters-schedules', { task: 'settle-usage' });
    await moveClock(70 * minuteMs);
    await platform.invoke('clusters-schedules', { task: 'settle-usage' });
    const { hold, transfers } = await settlementsOf(stage(), cluster.id);
    const settlements = transfers.map(({ settlement }) => present(settlement, 'no settlement'));
    expect(settlements.length).toBeGreaterThan(0);
    for (const [n, settlement] of settlements.entries()) {
      expect(settlement).toMatchObject({ n, final: false, minimumMs: {}, beyondMs: {} });
    }
    const paidMs = settlements.at(-1)?.paidMs ?? {};
    for (const [nodeId, ms] of firstMs) expect(paidMs[nodeId]).toBeGreaterThanOrEqual(ms);
    const posted = Object.values(paidMs).reduce((sum, ms) => sum + dueUnits(rateUnits, ms), 0n);
    expect(posted).toBeGreaterThan(0n);
    expect(hold).toMatchObject({ state: 'open', amount: 4n * rateUnits, posted });
    expect(hold.left).toBe(4n * rateUnits - posted);
    expect(await balancesOf('customer')).toMatchObject({
      available: usd(creditUnits - 4n * rateUnits),
      held: usd(hold.left),
    });
  });

  it('loses no node to a pause of the platform, for which nobody is billed', async () => {
    const { customer, platform } = stage();
    await platform.invoke('clusters-schedules', { task: 'reconcile-clusters' });
    const moreMs = await untilAllProvenBeyond(cluster.id, firstMs);
    for (const provenMs of moreMs.values()) expect(provenMs).toBeLessThan(10 * minuteMs);
    expect(await listNodes(customer, cluster.id)).toMatchObject([
      { status: 'alive' },
      { status: 'alive' },
    ]);
  });

  it('completes at the end of its paid time; the rest of its hold returns', async () => {
    const { customer, platform } = stage();
    const { paid_until } = await getCluster(customer, cluster.id);
    expect(Date.parse(present(paid_until, 'not paid'))).toBe(
      Date.parse(present(cluster.running_at, 'not running')) + 2 * hourMs,
    );
    const nodes = await listNodes(customer, cluster.id);
    await moveClock(121 * minuteMs);
    await platform.invoke('clusters-schedules', { task: 'expire-clusters' });
    await untilStatus(customer, cluster.id, ['completed'], 30);
    const closed = await untilClosed(customer, cluster.id);
    expect(closed).toMatchObject({ status: 'completed', status_reason: 'ordered_time_over' });
    await Promise.all(nodes.map(({ id }) => untilNodeGone(id)));
    expect((await listEvents(customer, cluster.id)).map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['cluster.completed', 'cluster.closed']),
    );
    const { hold, transfers } = await settlementsOf(stage(), cluster.id);
    const settlements = transfers.map(({ settlement }) => settlement);
    expect(settlements.slice(0, -1).map((each) => each?.final)).not.toContain(true);
    // Where the hourly settlement came between fence and release, the final one has nothing left to
    // post and only closes the hold.
    expect(settlements.at(-1)).toMatchObject({ minimumMs: {} });
    expect(hold).toMatchObject({ state: 'closed', left: 0n });
    const invoice = await expectBillToAgree(stage(), cluster.id);
    const total = BigInt(invoice.total.amount);
    expect(total).toBeGreaterThan(0n);
    expect(total).toBeLessThan(4n * rateUnits);
    expect(await balancesOf('customer')).toMatchObject({
      available: usd(creditUnits - total),
      held: usd(0n),
    });
  });
});

describe('time', () => {
  it('ends a quote', async () => {
    const { customer } = stage();
    await waitFor(
      'an offer',
      () =>
        quoteFor(customer, 1).then(
          () => true,
          () => undefined,
        ),
      { seconds: 90 },
    );
    const quote = await quoteFor(customer, 1);
    await moveClock(140 * minuteMs);
    expect(await refusalOf(createCluster(customer, quote.id))).toEqual({
      status: 409,
      code: 'market.quote_expired',
    });
  });

  it('matures what the supplier earned, once', async () => {
    const { platform } = stage();
    const mature = () => platform.invoke('ledger-schedules', { task: 'mature-earnings' });
    const before = await balancesOf('supplier');
    const earned = before.earning.reduce((sum, { amount }) => sum + BigInt(amount.amount), 0n);
    expect(earned).toBeGreaterThan(0n);
    await mature();
    expect(await balancesOf('supplier')).toEqual(before);
    await moveClock(32 * dayMs);
    await mature();
    const after = await balancesOf('supplier');
    expect(after).toMatchObject({ earning: [], matured: usd(earned) });
    await mature();
    expect(await balancesOf('supplier')).toEqual(after);
  });
});

/**
 * Ordered first, paid later: who has no credit orders all the same, tops up by card, and the cluster comes
 * up; a budget that is set below what runs stops it; the bill is for proven time alone, as JSON and on
 * paper. An order that nobody pays ends by itself and costs nothing.
 */
import { writeClockOffset } from '../../functions/kit/clock-offset.ts';
import { topUpByCard } from '../../local/demo/cards.ts';
import { makeTenant, type Tenant } from '../../local/demo/organisations.ts';
import { runRayJob } from '../../local/demo/ray-job.ts';
import { untilClosed } from '../../local/demo/rental.ts';
import { waitFor } from '../../local/demo/wait.ts';
import { clusterSchema } from '../../shared/clusters/schemas.ts';
import { minuteMs } from '../../shared/core/time.ts';
import { balancesSchema } from '../../shared/ledger/schemas.ts';
import { budgetSchema } from '../../shared/payments/budgets/budget-schemas.ts';
import { expectBillToAgree, usageOf } from './support/books.ts';
import {
  type Cluster,
  getCluster,
  getConnection,
  getInvoice,
  type Invoice,
  listEvents,
  listNodes,
  quoteFor,
  refusalOf,
  untilRunning,
} from './support/renting.ts';
import { rateUnits, type Stage, untilNodeGone, useStage } from './support/stage.ts';

const theStage = useStage({ name: 'pay-later', agents: ['atlas'] });
const usd = (units: bigint) => ({ amount: units.toString(), currency: 'usd' });
/** What the customer buys: enough for an hour of the device, not for half a day. */
const boughtUnits = 1_000_000n;
const manyHours = 12;

let payer: Tenant;
let cluster: Cluster;
let neverPaid: Cluster;

/** The stage on which the customer is the one without credit. */
const stage = (): Stage => ({ ...theStage(), customer: payer });
const balances = () => payer.api.get('/v1/ledger/balances', balancesSchema);

/** Orders one device for so long, to be paid later. */
const order = async (hours: number): Promise<Cluster> => {
  const { id } = await quoteFor(payer, 1, hours);
  return payer.api.post('/v1/clusters', { quote_id: id, pay_later: true }, clusterSchema);
};

beforeAll(async () => {
  const { platform, operator } = theStage();
  payer = await makeTenant(platform.apiUrl, operator.api, 'Meitner Lab');
});

describe('an order without credit', () => {
  it('waits for its payment and reserves no device', async () => {
    cluster = await order(1);
    neverPaid = await order(manyHours);
    expect(cluster).toMatchObject({
      ...{ status: 'unpaid', status_reason: 'awaiting_payment', paid_until: null },
      payment_due: { hold: usd(rateUnits) },
    });
    expect(neverPaid).toMatchObject({
      status: 'unpaid',
      payment_due: { hold: usd(BigInt(manyHours) * rateUnits) },
    });
    expect(await balances()).toMatchObject({ available: usd(0n), held: usd(0n) });
    // The supplier has one device, and others are still offered it.
    expect(await quoteFor(theStage().customer, 1)).toMatchObject({ total: usd(rateUnits) });
  });

  it('runs once it is paid by card', async () => {
    const pay = () => payer.api.post(`/v1/clusters/${cluster.id}/pay`, {}, clusterSchema);
    expect(await refusalOf(pay())).toEqual({ status: 402, code: 'cluster.payment_required' });
    await topUpByCard(theStage().platform, payer, boughtUnits);
    const paid = await pay();
    expect(paid.status).not.toBe('unpaid');
    expect(paid.payment_due).toBeNull();
    expect(await balances()).toMatchObject({
      available: usd(boughtUnits - rateUnits),
      held: usd(rateUnits),
    });
    cluster = await untilRunning(payer, cluster.id);
    const job = await runRayJob(await getConnection(payer, cluster.id), 1);
    expect(job).toMatchObject({ status: 'SUCCEEDED' });
    const kinds = (await listEvents(payer, cluster.id)).map(({ kind }) => kind);
    expect(kinds).toEqual([
      'cluster.unpaid',
      'cluster.deployment_requested',
      'cluster.deploying',
      'cluster.acceptance_opened',
      'cluster.head_placed',
      'cluster.running',
    ]);
  });
});

describe('a budget below what runs', () => {
  let invoice: Invoice;

  it('stops the cluster, and its event says why', async () => {
    const { platform } = theStage();
    await waitFor(
      'the node to prove time',
      async () => {
        const nodes = Object.values((await usageOf(stage(), cluster.id)).nodes);
        return nodes.every(({ provenMs }) => provenMs > 0) ? true : undefined;
      },
      { seconds: 60 },
    );
    const limit = { hourly_limit: usd(rateUnits / 2n) };
    const budget = await payer.api.post('/v1/budgets', limit, budgetSchema);
    expect(budget).toMatchObject({ scope: 'organisation', hourly: { used: usd(rateUnits) } });
    const nodes = await listNodes(payer, cluster.id);
    const watched = await platform.invoke('clusters-schedules', { task: 'watch-budgets' });
    expect(watched).toMatchObject({ failed: 0 });
    const closed = await untilClosed(payer, cluster.id);
    expect(closed).toMatchObject({ status: 'terminated', status_reason: 'budget_reached' });
    expect(closed.suggestion).toContain('/v1/budgets/');
    await Promise.all(nodes.map(({ id }) => untilNodeGone(id)));
    const stop = (await listEvents(payer, cluster.id)).find(
      ({ kind }) => kind === 'cluster.termination_requested',
    );
    expect(stop).toMatchObject({ reason_code: 'budget_reached', actor: 'platform' });
    expect(stop?.evidence).toContain(`Budget ${budget.id} (organisation) allows $0.06 per hour`);
  });

  it('leaves a bill for proven time alone', async () => {
    invoice = await expectBillToAgree(stage(), cluster.id);
    expect(invoice.lines.map(({ minimum_ms }) => minimum_ms)).toEqual([0]);
    const total = BigInt(invoice.total.amount);
    expect(total).toBeGreaterThan(0n);
    expect(total).toBeLessThan(rateUnits);
    expect(await balances()).toMatchObject({
      available: usd(boughtUnits - total),
      held: usd(0n),
    });
  });

  it('whose invoice has a number and a document', async () => {
    expect(invoice.number).toMatch(/^\d{4}-\d{6}$/);
    const answer = await fetch(`${theStage().platform.apiUrl}/v1/invoices/${invoice.id}/pdf`, {
      headers: { authorization: `Bearer ${payer.key}` },
    });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('application/pdf');
    const bytes = Buffer.from(await answer.arrayBuffer());
    expect(bytes.subarray(0, 5).toString('latin1')).toBe('%PDF-');
  });
});

describe('an order that nobody pays', () => {
  it('ends after twenty minutes and costs nothing', async () => {
    const { platform, database } = theStage();
    const before = await balances();
    expect(await getCluster(payer, neverPaid.id)).toMatchObject({ status: 'unpaid' });
    await writeClockOffset(database, { offsetMs: 21 * minuteMs });
    await platform.invoke('clusters-schedules', { task: 'expire-clusters' });
    expect(await getCluster(payer, neverPaid.id)).toMatchObject({
      ...{ status: 'destroyed', status_reason: 'payment_timed_out', payment_due: null },
      ...{ cost: usd(0n), running_at: null },
    });
    expect((await listEvents(payer, neverPaid.id)).at(-1)).toMatchObject({
      kind: 'cluster.destroyed',
      evidence: expect.stringContaining('was still missing when the time to pay was over'),
    });
    expect(await balances()).toEqual(before);
    expect(await refusalOf(getInvoice(payer, neverPaid.id))).toEqual({
      status: 404,
      code: 'invoice.not_found',
    });
  });
});

/**
 * The rental: a customer rents two devices for an hour, runs a real Ray job on both, ends the cluster in
 * its first hour and is billed for exactly one hour; the supplier earns what the customer pays.
 */
import { randomUUID } from 'node:crypto';
import { runAgentCommand } from '../../local/demo/agents.ts';
import { runRayJob } from '../../local/demo/ray-job.ts';
import { waitFor } from '../../local/demo/wait.ts';
import { clusterSchema } from '../../shared/clusters/schemas.ts';
import { hourMs } from '../../shared/core/time.ts';
import { listOf } from '../../shared/core/wire.ts';
import { deviceSchema } from '../../shared/devices/schemas.ts';
import { balancesSchema, ledgerTransferSchema } from '../../shared/ledger/schemas.ts';
import { expectBillToAgree } from './support/books.ts';
import {
  type Cluster,
  createCluster,
  getConnection,
  getInvoice,
  listEvents,
  listNodes,
  quoteFor,
  refusalOf,
  terminate,
  untilRunning,
} from './support/renting.ts';
import { creditUnits, rateUnits, untilNodeGone, useStage } from './support/stage.ts';

const stage = useStage({ name: 'rental', agents: ['atlas', 'boreas'] });
const usd = (units: bigint) => ({ amount: units.toString(), currency: 'usd' });
let cluster: Cluster;

describe('the rental of a Ray cluster', () => {
  it('makes one cluster of a repeated order, and holds what the quote says', async () => {
    const { customer } = stage();
    const quote = await quoteFor(customer, 2);
    expect(quote).toMatchObject({ total: usd(2n * rateUnits), hold: usd(2n * rateUnits) });
    const key = randomUUID();
    const first = await createCluster(customer, quote.id, key);
    const again = await createCluster(customer, quote.id, key);
    expect(again).toEqual(first);
    const other = await quoteFor(customer, 2).then(
      () => 'quoted',
      ({ code }) => code,
    );
    expect(other).toBe('market.no_capacity');
    expect(await refusalOf(createCluster(customer, `quo_${'0'.repeat(26)}`, key))).toEqual({
      status: 422,
      code: 'request.idempotency_key_reused',
    });
    const listed = await customer.api.get('/v1/clusters', listOf(clusterSchema));
    expect(listed.data.map(({ id }) => id)).toEqual([first.id]);
    const balances = await customer.api.get('/v1/ledger/balances', balancesSchema);
    expect(balances).toMatchObject({
      available: usd(creditUnits - 2n * rateUnits),
      held: usd(2n * rateUnits),
    });
    cluster = await untilRunning(customer, first.id);
  });

  it('runs a Ray job on every node, and says what the nodes do', async () => {
    const { customer, supplier } = stage();
    const connection = await getConnection(customer, cluster.id);
    const job = await runRayJob(connection, 2);
    expect(job).toMatchObject({
      status: 'SUCCEEDED',
      said: expect.stringMatching(/4 tasks on 2 nodes$/),
    });
    const nodes = await listNodes(customer, cluster.id);
    expect(nodes.map(({ role }) => role).sort()).toEqual(['head', 'worker']);
    expect(nodes.map(({ status }) => status)).toEqual(['alive', 'alive']);
    const devices = await supplier.api.get('/v1/devices', listOf(deviceSchema));
    expect(devices.data.map(({ readiness }) => readiness)).toEqual(['hired', 'hired']);
    const kinds = (await listEvents(customer, cluster.id)).map(({ kind }) => kind);
    expect(kinds).toEqual([
      'cluster.deployment_requested',
      'cluster.deploying',
      'cluster.acceptance_opened',
      'cluster.head_placed',
      'cluster.running',
    ]);
  });

  it('shows the agent its node without any secret', async () => {
    const { customer } = stage();
    const { stateFolder } = stage().agent('atlas');
    const asked = ['status', '--output', 'json', '--state', stateFolder];
    const { code, out } = await runAgentCommand(asked);
    const { token } = await getConnection(customer, cluster.id);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      device_id: stage().agent('atlas').deviceId,
      daemon_pid: stage().agent('atlas').process.processId,
      nodes: [{ cluster_id: cluster.id, running: true }],
    });
    expect(out).not.toContain(token);
  });

  it('answers another tenant as if there were no such cluster', async () => {
    const { stranger } = stage();
    const unknown = `clu_${'0'.repeat(26)}`;
    for (const path of ['', '/nodes', '/events', '/connection']) {
      const ask = (id: string) =>
        refusalOf(stranger.api.get(`/v1/clusters/${id}${path}`, clusterSchema));
      expect(await ask(cluster.id)).toEqual({ status: 404, code: 'cluster.not_found' });
      expect(await ask(cluster.id)).toEqual(await ask(unknown));
    }
    const end = stranger.api.post(`/v1/clusters/${cluster.id}/terminate`, {}, clusterSchema);
    expect(await refusalOf(end)).toEqual({ status: 404, code: 'cluster.not_found' });
    const listed = await stranger.api.get('/v1/clusters', listOf(clusterSchema));
    expect(listed.data).toEqual([]);
  });

  it('bills one hour for a termination in the first hour, and frees the devices', async () => {
    const { customer, supplier } = stage();
    const nodes = await listNodes(customer, cluster.id);
    const closed = await terminate(customer, cluster.id);
    expect(closed).toMatchObject({ status: 'terminated', status_reason: 'customer_request' });
    await Promise.all(nodes.map(({ id }) => untilNodeGone(id)));
    const invoice = await expectBillToAgree(stage(), cluster.id);
    expect(invoice.lines.map((line) => line.proven_ms + line.minimum_ms)).toEqual([hourMs, hourMs]);
    expect(invoice.total).toEqual(usd(2n * rateUnits));
    const spent = await customer.api.get('/v1/ledger/balances', balancesSchema);
    expect(spent).toMatchObject({ available: usd(creditUnits - 2n * rateUnits), held: usd(0n) });
    const earned = await supplier.api.get('/v1/ledger/balances', balancesSchema);
    expect(earned.earning.map(({ amount }) => amount)).toEqual([usd(2n * rateUnits)]);
    const devices = await supplier.api.get('/v1/devices', listOf(deviceSchema));
    expect(devices.data.map(({ readiness }) => readiness)).toEqual([
      'cluster_ready',
      'cluster_ready',
    ]);
    expect(
      await refusalOf(stage().stranger.api.get(`/v1/invoices/${invoice.id}`, clusterSchema)),
    ).toEqual({ status: 404, code: 'invoice.not_found' });
    expect(await refusalOf(getConnection(customer, cluster.id))).toMatchObject({ status: 409 });
  });

  it('shows the settlement on the statements of both sides', async () => {
    const movesOf = (tenant: 'customer' | 'supplier') =>
      waitFor(
        `the ${tenant}'s statement to show the settlement`,
        async () => {
          const list = listOf(ledgerTransferSchema);
          const { data } = await stage()[tenant].api.get('/v1/ledger/transfers', list);
          return data.find(({ cluster_id }) => cluster_id === cluster.id)?.legs;
        },
        { seconds: 30 },
      );
    expect(await movesOf('customer')).toEqual([
      { account: 'credit', matures_on: null, amount: usd(-2n * rateUnits) },
    ]);
    expect(await movesOf('supplier')).toMatchObject([
      { account: 'earning', amount: usd(2n * rateUnits) },
    ]);
    expect((await getInvoice(stage().customer, cluster.id)).total).toEqual(usd(2n * rateUnits));
  });
});

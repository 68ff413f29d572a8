/**
 * Devices that refuse or stay silent while a cluster comes up are replaced, never above the quoted
 * price; where that is impossible the order fails and costs nothing.
 */
import { type HeldBlock, takeFreeBlock } from '../../agent/ray/ports.ts';
import { untilReady } from '../../local/demo/agents.ts';
import { untilClosed, untilStatus } from '../../local/demo/rental.ts';
import { waitFor } from '../../local/demo/wait.ts';
import { present } from '../../shared/core/assert.ts';
import { deviceSchema } from '../../shared/devices/schemas.ts';
import { balancesSchema } from '../../shared/ledger/schemas.ts';
import { expectBillToAgree } from './support/books.ts';
import { nodesOfAgent } from './support/machine.ts';
import {
  type Cluster,
  createCluster,
  getCluster,
  listEvents,
  listNodes,
  quoteFor,
  refusalOf,
  runningWithinSeconds,
  terminate,
  untilRunning,
} from './support/renting.ts';
import { rateUnits, setPrice, untilNodeGone, useStage } from './support/stage.ts';

/** The one block of ports that atlas may use; whoever holds it makes atlas refuse every node. */
const findBlock = async (): Promise<{ readonly first: number; readonly last: number }> => {
  const block = present(await takeFreeBlock({ first: 18_000, last: 19_999 }), 'no free ports');
  await block.release();
  return { first: block.first, last: block.first + 99 };
};
const block = await findBlock();
const stage = useStage({
  name: 'refusal',
  agents: ['atlas', 'boreas', 'castor'],
  placeOf: (name) => (name === 'atlas' ? { ports: `${block.first}-${block.last}` } : {}),
});

const setOffered = (name: string, verb: 'pause' | 'resume') => {
  const { supplier, agent } = stage();
  return supplier.api.post(`/v1/devices/${agent(name).deviceId}/${verb}`, {}, deviceSchema);
};

/**
 * Orders two devices while only atlas and boreas are free. Atlas hears of it no sooner than `meanwhile`
 * is done and castor is free again, so that there is a device to replace it with.
 */
const orderWithAtlas = async (meanwhile: () => Promise<unknown>): Promise<Cluster> => {
  const { customer, agent } = stage();
  await setOffered('castor', 'pause');
  agent('atlas').process.signal('SIGSTOP');
  const quote = await quoteFor(customer, 2);
  const cluster = await createCluster(customer, quote.id);
  await setOffered('castor', 'resume');
  await meanwhile();
  return cluster;
};

const occupyBlock = async (): Promise<HeldBlock> =>
  present(
    await waitFor('the ports of atlas to be free', () => takeFreeBlock(block), { seconds: 30 }),
    'atlas still uses its ports',
  );

const untilAllReady = async () => {
  const { supplier, agent } = stage();
  // A test that failed is repeated by the hour; here it is asked for.
  await stage().platform.invoke('devices-schedules', { task: 'retest-devices' });
  await Promise.all(['atlas', 'boreas', 'castor'].map((name) => untilReady(supplier, agent(name))));
};

const expectServedByBoreasAndCastor = async (cluster: Cluster, reasonCode: string) => {
  const { customer, supplier, agent } = stage();
  const nodes = await listNodes(customer, cluster.id);
  const alive = nodes.filter(({ status }) => status === 'alive');
  const devices = await Promise.all(
    ['boreas', 'castor'].map((name) =>
      supplier.api.get(`/v1/devices/${agent(name).deviceId}`, deviceSchema),
    ),
  );
  expect(alive.map(({ device }) => device).sort()).toEqual(
    devices.map(({ public_id }) => public_id).sort(),
  );
  for (const { price_per_hour } of nodes) {
    expect(BigInt(price_per_hour.amount)).toBeLessThanOrEqual(rateUnits);
  }
  const replaced = (await listEvents(customer, cluster.id)).filter(
    ({ kind }) => kind === 'cluster.node_replaced',
  );
  expect(replaced.map(({ reason_code }) => reason_code)).toEqual([reasonCode]);
};

afterEach(() => {
  // Whatever became of the test, the agent can be ended.
  stage().agent('atlas').process.signal('SIGCONT');
});

describe('a device that does not do what it was hired for', () => {
  it('is replaced when it refuses', async () => {
    const { customer, agent } = stage();
    const held = await occupyBlock();
    const { id } = await orderWithAtlas(async () => undefined);
    agent('atlas').process.signal('SIGCONT');
    const cluster = await untilRunning(customer, id);
    await expectServedByBoreasAndCastor(cluster, 'no_free_ports');
    expect(nodesOfAgent(agent('atlas'))).toEqual([]);
    await terminate(customer, id);
    const invoice = await expectBillToAgree(stage(), id);
    expect(invoice.total.amount).toBe((2n * rateUnits).toString());
    await held.release();
    await untilAllReady();
  });

  it('is replaced when it stays silent, and ends what it starts too late', async () => {
    const { customer, agent } = stage();
    const { id } = await orderWithAtlas(async () => undefined);
    const cluster = await untilStatus(customer, id, ['running'], runningWithinSeconds);
    await expectServedByBoreasAndCastor(cluster, 'device_silent');
    agent('atlas').process.signal('SIGCONT');
    const nodes = await listNodes(customer, id);
    const late = present(
      nodes.find(({ status }) => status === 'replaced'),
      'nothing was replaced',
    );
    await terminate(customer, id);
    await untilAllReady();
    await untilNodeGone(late.id);
    expect((await expectBillToAgree(stage(), id)).lines).toHaveLength(2);
  });

  it('is not replaced above the quoted price: the order fails and all credit returns', async () => {
    const { customer, supplier, agent } = stage();
    const before = await customer.api.get('/v1/ledger/balances', balancesSchema);
    const held = await occupyBlock();
    const { id } = await orderWithAtlas(() => setPrice(supplier, rateUnits + 1n));
    agent('atlas').process.signal('SIGCONT');
    await untilStatus(customer, id, ['failed'], runningWithinSeconds);
    const closed = await untilClosed(customer, id);
    expect(closed).toMatchObject({ status: 'failed', status_reason: 'no_replacement' });
    expect((await getCluster(customer, id)).cost.amount).toBe('0');
    const after = await customer.api.get('/v1/ledger/balances', balancesSchema);
    expect(after).toEqual(before);
    const invoice = customer.api.get(`/v1/invoices/inv_${id.slice('clu_'.length)}`, deviceSchema);
    expect(await refusalOf(invoice)).toEqual({ status: 404, code: 'invoice.not_found' });
    for (const node of await listNodes(customer, id)) await untilNodeGone(node.id);
    await held.release();
  });
});

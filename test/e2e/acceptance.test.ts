/**
 * Acceptance at hire, with real provers: a device that forges its opening is replaced before anybody pays,
 * the others prove themselves again beside its successor, and everybody is told why. Where nobody is
 * left the order fails and costs nothing.
 */
import { join } from 'node:path';
import { untilClosed, untilStatus } from '../../local/demo/rental.ts';
import { waitFor } from '../../local/demo/wait.ts';
import { paths } from '../../local/paths.ts';
import { present } from '../../shared/core/assert.ts';
import { listOf } from '../../shared/core/wire.ts';
import { deviceEventSchema, deviceSchema } from '../../shared/devices/schemas.ts';
import { balancesSchema } from '../../shared/ledger/schemas.ts';
import { proofSchema } from '../../shared/proofs/proof-schemas.ts';
import { expectBillToAgree } from './support/books.ts';
import { makeCheatingProver } from './support/cheating-prover.ts';
import {
  createCluster,
  getCluster,
  listEvents,
  listNodes,
  quoteFor,
  runningWithinSeconds,
  terminate,
  untilRunning,
} from './support/renting.ts';
import { rateUnits, useStage } from './support/stage.ts';

const names = ['atlas', 'boreas', 'castor'];
const folder = join(paths.state, 'e2e', 'acceptance-provers');
const provers = new Map(names.map((name) => [name, makeCheatingProver(join(folder, name))]));
const proverOf = (name: string) => present(provers.get(name), `no prover ${name}`);

const stage = useStage({
  name: 'acceptance',
  agents: names,
  // So that the forged opening is that of the order.
  awayFromSlots: true,
  placeOf: (name) => ({ ray: proverOf(name).ray }),
});

const deviceOf = (name: string) => {
  const { supplier, agent } = stage();
  return supplier.api.get(`/v1/devices/${agent(name).deviceId}`, deviceSchema);
};

const setOffered = (name: string, verb: 'pause' | 'resume') => {
  const { supplier, agent } = stage();
  return supplier.api.post(`/v1/devices/${agent(name).deviceId}/${verb}`, {}, deviceSchema);
};

/** What a device has shown for orders, oldest first. */
const acceptancesOf = async (name: string) => {
  const { supplier, agent } = stage();
  const path = `/v1/proofs?device_id=${agent(name).deviceId}&limit=100`;
  const { data } = await supplier.api.get(path, listOf(proofSchema));
  return data.filter(({ purpose }) => purpose === 'acceptance').reverse();
};

const deviceEventsOf = async (name: string) => {
  const { supplier, agent } = stage();
  const path = `/v1/devices/${agent(name).deviceId}/events?limit=100`;
  return (await supplier.api.get(path, listOf(deviceEventSchema))).data;
};

describe('a device that forges its opening', () => {
  it('is replaced before anybody pays, and everybody answers anew', async () => {
    const { customer } = stage();
    await setOffered('castor', 'pause');
    const quote = await quoteFor(customer, 2);
    proverOf('atlas').cheat(true);
    const { id } = await createCluster(customer, quote.id);
    await setOffered('castor', 'resume');
    await untilRunning(customer, id);
    proverOf('atlas').cheat(false);

    const acceptances = await Promise.all(names.map(acceptancesOf));
    expect(acceptances.map((proofs) => proofs.map(({ status }) => status))).toEqual([
      ['failed'],
      ['passed', 'passed'],
      ['passed'],
    ]);
    const [forged, honest, successor] = acceptances;
    expect(forged?.[0]?.status_reason).toBe('sample_path');
    // The second round has one beginning.
    expect(honest?.[1]?.started_at).toBe(successor?.[0]?.started_at);
    const events = await listEvents(customer, id);
    const opened = events.filter(({ kind }) => kind === 'cluster.acceptance_opened');
    expect(opened).toHaveLength(2);

    await expectToldWhy(id);
    await terminate(customer, id);
    const invoice = await expectBillToAgree(stage(), id);
    expect(invoice.total.amount).toBe(String(2n * rateUnits));
    expect(invoice.lines).toHaveLength(2);
  });

  /** The customer by its node and the events, the supplier by the device. */
  const expectToldWhy = async (clusterId: string) => {
    const { customer } = stage();
    const { public_id } = await deviceOf('atlas');
    const nodes = await listNodes(customer, clusterId);
    expect(nodes.find(({ device }) => device === public_id)).toMatchObject({
      status: 'replaced',
      status_reason: 'acceptance_failed',
      acceptance: { status: 'failed', reason: 'sample_path' },
      proven_seconds: 0,
    });
    expect(await listEvents(customer, clusterId)).toContainEqual(
      expect.objectContaining({
        kind: 'cluster.node_replaced',
        reason_code: 'acceptance_failed',
        evidence: expect.stringContaining('did not fit what it had committed to'),
      }),
    );
    const struck = (await deviceEventsOf('atlas')).find(({ kind }) => kind === 'device.struck');
    expect(struck).toMatchObject({ reason_code: 'proof_fraud', evidence: { strikes: 1 } });
    expect((await deviceOf('atlas')).readiness).not.toBe('cluster_ready');
  };

  it('costs the customer nothing where no other device is left', async () => {
    const { customer } = stage();
    await Promise.all(['boreas', 'castor'].map(untilOffered));
    const before = await customer.api.get('/v1/ledger/balances', balancesSchema);
    await setOffered('castor', 'pause');
    const quote = await quoteFor(customer, 1);
    proverOf('boreas').cheat(true);
    const { id } = await createCluster(customer, quote.id);
    await untilStatus(customer, id, ['failed'], runningWithinSeconds);
    proverOf('boreas').cheat(false);
    expect(await getCluster(customer, id)).toMatchObject({
      status_reason: 'no_replacement',
      suggestion: expect.stringContaining('Nothing is charged.'),
      cost: { amount: '0' },
    });
    const failed = (await listEvents(customer, id)).find(({ kind }) => kind === 'cluster.failed');
    expect(failed?.evidence).toContain('did not fit what it had committed to');
    await untilClosed(customer, id);
    expect(await customer.api.get('/v1/ledger/balances', balancesSchema)).toEqual(before);
  });

  const untilOffered = (name: string) =>
    waitFor(
      `${name} to be free`,
      async () => ((await deviceOf(name)).readiness === 'cluster_ready' ? true : undefined),
      { seconds: 120 },
    );
});

/**
 * The process dies at every write of a rental, one after the other; what comes next is the same again, as
 * agents, the state machines and a customer with an Idempotency-Key repeat themselves. However often and
 * wherever it died, the cluster ends closed, its devices are free, and the books balance with one invoice.
 */
import type { Write } from '../../shared/core/database.ts';
import { type Platform, setup } from './fixture.ts';

class Death extends Error {}

/** Nonces, rate limits and presence are no facts of the rental. */
const isFact = ({ table, key }: Write): boolean =>
  ['clusters', 'ledger', 'devices', 'market', 'payments'].includes(table) ||
  key.pk.startsWith('IDEMPOTENCY#');

/** Dies before the n-th write and stays dead until it is revived. */
const dieAt = (platform: Platform, n: number) => {
  let count = 0;
  let state: 'alive' | 'dead' | 'revived' = 'alive';
  platform.database.faultOf = (writes) => {
    if (state === 'dead') throw new Death();
    if (state === 'alive' && writes.some(isFact)) {
      count += 1;
      if (count === n) {
        state = 'dead';
        throw new Death();
      }
    }
    return 'none';
  };
  return {
    died: () => state !== 'alive',
    revive: () => {
      state = 'revived';
    },
  };
};

const created = async (platform: Platform, quoteId: string): Promise<string> => {
  const answer = await platform.create(quoteId, { headers: { 'idempotency-key': 'the-rental' } });
  if (answer.status !== 201) throw new Death();
  return answer.body.id;
};

const broughtUp = async (platform: Platform, id: string): Promise<void> => {
  for (let round = 0; round < 10; round += 1) {
    await platform.step('dispatch-nodes', id);
    await platform.obey();
    await platform.obey();
    await platform.sendRay(id);
    if ((await platform.step('assess-cluster', id)) !== 'wait') return;
  }
  throw new Error('the cluster does not come up');
};

type Ending = (platform: Platform, id: string) => Promise<void>;

const endings: Readonly<Record<string, Ending>> = {
  'the customer terminates it': async (platform, id) => {
    const { status } = await platform.terminate(id);
    if (status !== 200) throw new Death();
  },
  'its head is lost': async (platform, id) => {
    const { nodeId, deviceId } = (await platform.cluster(id)).assignments[0] ?? {};
    const command_id = 'cmd_00000000000000000000000001';
    const about = { command_id, cluster_id: id, node_id: nodeId ?? '' };
    await platform.report(deviceId ?? '', platform.nodeReport(about, 'exited'));
    // A head that was replaced before is not the one: then the customer has enough.
    if ((await platform.cluster(id)).stoppedAtMs === null) await platform.terminate(id);
  },
  'a worker is lost and the time is over': async (platform, id) => {
    const cluster = await platform.cluster(id);
    if (cluster.status === 'running') {
      await platform.sendRay(id, [cluster.assignments.at(-1)?.nodeId ?? '']);
      platform.clock.ms = Math.max(platform.clock.ms, cluster.paidUntilMs ?? 0);
    }
    if ((await platform.task('expire-clusters')).failed > 0) throw new Death();
  },
};

/** The whole rental; every part may be repeated. */
const rental = async (platform: Platform, quoteId: string, end: Ending): Promise<string> => {
  const id = await created(platform, quoteId);
  await platform.relay();
  await platform.beat();
  await broughtUp(platform, id);
  if ((await platform.cluster(id)).status === 'running') {
    platform.clock.ms += 15_000;
    await platform.beat();
    await platform.sendRay(id);
    if ((await platform.task('settle-usage')).failed > 0) throw new Death();
  }
  await end(platform, id);
  await platform.relay();
  await platform.step('stop-nodes', id);
  await platform.obey();
  if ((await platform.step('close-cluster', id)) !== 'closed') throw new Death();
  return id;
};

const expectSound = async (platform: Platform, id: string) => {
  const cluster = await platform.cluster(id);
  expect(cluster.closedAtMs).not.toBeNull();
  expect(cluster.runningAtMs).not.toBeNull();
  const hold = await platform.hold(id);
  expect(hold.state).toBe('closed');
  for (const device of platform.devices) {
    expect((await platform.device(device.id)).hiredBy).toBeNull();
  }
  const invoices = await platform.invoices();
  expect(invoices).toHaveLength(1);
  expect(invoices[0].total.amount).toBe(String(hold.posted));
  const items = platform.database.all('clusters');
  expect(items.filter(({ pk }) => pk.startsWith('DUE#'))).toEqual([]);
  expect(items.filter(({ sk }) => sk.startsWith('EVT#'))).toHaveLength(cluster.version);
  // One end, one release, whatever was repeated.
  expect(items.filter((item) => item['event'] === 'cluster.closed')).toHaveLength(1);
  expect(platform.started.filter(({ arn }) => arn === 'arn:release-cluster')).toHaveLength(1);
  expect(await platform.brokenBooks()).toEqual([]);
};

describe('a rental whose process dies at any write', () => {
  test.each(Object.entries(endings))('ends well when %s', async (_name, end) => {
    let deaths = 0;
    for (let n = 1; ; n += 1) {
      const platform = await setup({ seed: `death ${n}`, devices: 4 });
      const quoteId = await platform.quote(2, { hours: 1 });
      const life = dieAt(platform, n);
      let id: string | undefined;
      try {
        id = await rental(platform, quoteId, end);
      } catch (error) {
        if (!life.died()) throw error;
      }
      if (life.died()) {
        deaths += 1;
        life.revive();
        // Longer than the lock of an idempotent request, and than agents wait for an answer.
        platform.clock.ms += 31_000;
        id = await rental(platform, quoteId, end);
      }
      await expectSound(platform, id ?? '');
      if (!life.died()) break;
    }
    expect(deaths).toBeGreaterThan(30);
  });
});

/**
 * The process dies at every write of a rental, one after the other; what comes next is the same again, as
 * agents, the state machines and a customer with an Idempotency-Key repeat themselves. However often and
 * wherever it died, the cluster ends closed, its devices are free, and the books balance with one invoice.
 */
import { isOver } from '../../shared/clusters/node.ts';
import type { Write } from '../../shared/core/database.ts';
import { type Platform, setup } from './fixture.ts';

class Death extends Error {}

/** Some hundred rentals; on a busy machine that takes its time. */
const timeoutMs = 60_000;

/** Nonces, rate limits and presence are no facts of the rental. */
const isFact = ({ table, key }: Write): boolean =>
  ['clusters', 'ledger', 'devices', 'market', 'payments', 'proofs'].includes(table) ||
  key.pk.startsWith('IDEMPOTENCY#');

type Blow = 'death' | 'lost_answer' | 'conflict';

/** The blow falls on the n-th write; who dies of it stays dead until it is revived. */
const strikeAt = (platform: Platform, n: number, blow: Blow) => {
  let count = 0;
  let state: 'alive' | 'dead' | 'struck' = 'alive';
  platform.database.faultOf = (writes) => {
    if (state === 'dead') throw new Death();
    if (state === 'alive' && writes.some(isFact)) {
      count += 1;
      if (count === n && blow !== 'death') {
        state = 'struck';
        return blow;
      }
      if (count === n) {
        state = 'dead';
        throw new Death();
      }
    }
    return 'none';
  };
  return {
    struck: () => state !== 'alive',
    revive: () => {
      state = 'struck';
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

/** Whatever may still run of a lost node was told to stop before anybody called it lost. */
const expectLostAreStopped = async (platform: Platform, id: string) => {
  const nodes = await platform.nodes(id);
  for (const { nodeId, state } of (await platform.cluster(id)).assignments) {
    const node = nodes.find((each) => each.id === nodeId);
    if (state === 'lost') expect(node?.stopping || isOver(node?.status ?? 'commanded')).toBe(true);
  }
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
    const { stoppedAtMs, assignments } = await platform.cluster(id);
    // A cluster whose head is lost has ended in the same write. One whose first head was replaced goes on.
    if (assignments[0]?.state === 'lost') expect(stoppedAtMs).not.toBeNull();
    else if ((await platform.terminate(id)).status !== 200) throw new Death();
  },
  'a worker is lost and the time is over': async (platform, id) => {
    const cluster = await platform.cluster(id);
    if (cluster.status === 'running') {
      await platform.sendRay(id, [cluster.assignments.at(-1)?.nodeId ?? '']);
      await expectLostAreStopped(platform, id);
      platform.clock.ms = Math.max(platform.clock.ms, cluster.paidUntilMs ?? 0);
    }
    if ((await platform.task('expire-clusters')).failed > 0) throw new Death();
  },
};

/** The first device of the order is not accepted, whichever it is. */
const cheat = async (platform: Platform, id: string): Promise<void> => {
  const [first] = (await platform.cluster(id)).assignments;
  if (first && platform.provers.size === 0) platform.provers.set(first.deviceId, 'too_slow');
};

/** Whoever cheated has lost its proof, once. */
const expectRefused = async (platform: Platform) => {
  const [deviceId = ''] = [...platform.provers.keys()];
  expect(await platform.device(deviceId)).toMatchObject({ provedAtMs: null, hiredBy: null });
  const events = platform.database.all('devices').filter(({ pk }) => pk === `DEV#${deviceId}`);
  expect(events.filter((item) => item['kind'] === 'device.not_accepted')).toHaveLength(1);
};

/** The whole rental; every part may be repeated. */
const rental = async (
  platform: Platform,
  quoteId: string,
  { end, cheated }: Story,
): Promise<string> => {
  const id = await created(platform, quoteId);
  if (cheated) await cheat(platform, id);
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
  await expectCounted(platform, hold.posted);
};

/** Budgets count what was posted, once, and reserve nothing any more. */
const expectCounted = async (platform: Platform, posted: bigint) => {
  const items = platform.database.all('payments');
  expect(items.filter(({ pk }) => pk.startsWith('COMMITMENT#'))).toEqual([]);
  const counters = items.filter(({ pk }) => pk.startsWith('BUDGET#'));
  expect(counters).toHaveLength(2);
  for (const counter of counters) {
    expect(counter).toMatchObject({ units_per_hour: 0n, used_2026_11: posted });
  }
};

interface Story {
  readonly end: Ending;
  /** Whether a device is not accepted. */
  readonly cheated: boolean;
}

/** Plays the rental once for every write that it has; answers how many blows fell. */
const strikeEverywhere = async (story: Story, blow: Blow): Promise<number> => {
  for (let n = 1; ; n += 1) {
    const platform = await setup({ seed: `${blow} ${n}`, devices: 4 });
    const quoteId = await platform.quote(2, { hours: 1 });
    const life = strikeAt(platform, n, blow);
    let id: string | undefined;
    try {
      id = await rental(platform, quoteId, story);
    } catch (error) {
      if (!life.struck()) throw error;
    }
    if (id === undefined) {
      life.revive();
      // Longer than the lock of an idempotent request, and than agents wait for an answer.
      platform.clock.ms += 31_000;
      id = await rental(platform, quoteId, story);
    }
    await expectSound(platform, id);
    if (story.cheated) await expectRefused(platform);
    if (!life.struck()) return n - 1;
  }
};

describe('a rental whose process dies at any write', () => {
  test.each(Object.entries(endings))(
    'ends well when %s',
    async (_name, end) => {
      expect(await strikeEverywhere({ end, cheated: false }, 'death')).toBeGreaterThan(30);
    },
    timeoutMs,
  );
});

describe('a rental with a device that is not accepted', () => {
  test.each(['death', 'lost_answer', 'conflict'] as const)(
    'ends well with a %s at any write',
    async (blow) => {
      const end = endings['the customer terminates it'] as Ending;
      expect(await strikeEverywhere({ end, cheated: true }, blow)).toBeGreaterThan(40);
    },
    timeoutMs,
  );
});

describe('a rental that ends with a lost head', () => {
  test.each(['lost_answer', 'conflict'] as const)(
    'ends well with a %s at any write',
    async (blow) => {
      const end = endings['its head is lost'] as Ending;
      expect(await strikeEverywhere({ end, cheated: false }, blow)).toBeGreaterThan(30);
    },
    timeoutMs,
  );
});

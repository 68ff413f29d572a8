/** How a node is started: the arguments and the environment of docs, and nothing of the supplier's. */
import {
  bootstrapConfig,
  planMemory,
  rayArguments,
  rayEnvironment,
} from '../../agent/ray/launch.ts';
import {
  blocksIn,
  defaultPorts,
  isPortFree,
  portsOf,
  takeFreeBlock,
} from '../../agent/ray/ports.ts';
import { nodeRecord } from './support/nodes.ts';

describe('rayArguments', () => {
  it('starts a head that listens on its own block only', () => {
    const words = rayArguments(nodeRecord({ role: 'head' }), 20_100);
    expect(words.slice(0, 2)).toEqual(['start', '--head']);
    expect(words).toEqual(
      expect.arrayContaining([
        '--port=20100',
        '--dashboard-port=20101',
        '--ray-client-server-port=20102',
        '--min-worker-port=20111',
        '--max-worker-port=20198',
        '--disable-usage-stats',
        '--block',
      ]),
    );
    expect(words.join(' ')).not.toContain('--address=');
  });

  it('starts a worker that joins its head with our labels', () => {
    const record = nodeRecord({ role: 'worker', head: { address: '10.0.0.1', gcs_port: 20_000 } });
    const words = rayArguments(record, 20_100);
    expect(words).toContain('--address=10.0.0.1:20000');
    expect(words).toContain(`--labels=node=${record.node_id},cluster=${record.cluster_id}`);
    expect(words).not.toContain('--head');
  });

  it('never carries the token, which other users could read', () => {
    const record = nodeRecord({});
    expect(rayArguments(record, 20_000).join(' ')).not.toContain(record.auth_token);
  });
});

describe('rayEnvironment', () => {
  it('is made of our own variables alone', () => {
    const environment = rayEnvironment(nodeRecord({ gpu_indexes: [2, 3] }), 20_000);
    expect(environment).toMatchObject({
      RAY_AUTH_MODE: 'token',
      CUDA_VISIBLE_DEVICES: '2,3',
      DASHBOARD_METRIC_PORT: '20009',
      AUTOSCALER_METRIC_PORT: '20010',
      HOME: '/tmp/rm-test/home',
    });
    expect(Object.keys(environment)).toHaveLength(18);
  });
});

it('gives the head a bootstrap file, so that it asks no cloud', () => {
  expect(bootstrapConfig('clu_x')).toContain('provider: { type: local }');
});

describe('planMemory', () => {
  it.each([
    [64e9, 32e9, 2_000_000_000],
    [2e9, 32e9, 600_000_000],
    [64e9, 100_000_000, 83_886_080],
    [1e8, 1e8, 83_886_080],
  ])(
    'of %d bytes free and %d shared gives %d to the object store',
    (memoryBytes, shmBytes, wanted) => {
      const plan = planMemory({ memoryBytes, shmBytes });
      expect(plan.objectStoreBytes).toBe(wanted);
      expect(plan.memoryBytes).toBeGreaterThan(0);
    },
  );
});

describe('blocks of ports', () => {
  it('are 127 by default and never overlap', () => {
    const blocks = blocksIn(defaultPorts);
    expect(blocks).toHaveLength(127);
    expect(blocks[126]).toBe(32_600);
    expect(portsOf(20_000).guard).toBe(20_099);
  });

  it('are held by one taker at a time and come back', async () => {
    const range = { first: 23_800, last: 23_999 };
    const first = await takeFreeBlock(range);
    const second = await takeFreeBlock(range);
    expect([first?.first, second?.first]).toEqual([23_800, 23_900]);
    expect(await takeFreeBlock(range)).toBeUndefined();
    expect(await isPortFree('127.0.0.1', 23_899)).toBe(false);
    await first?.release();
    const again = await takeFreeBlock(range);
    expect(again?.first).toBe(23_800);
    await again?.release();
    await second?.release();
  });
});

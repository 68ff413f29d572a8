/**
 * `handlers`: how long the ten busiest handlers take in this process, through their real pipelines, with
 * in-memory stores: our own code and nothing else. A world lives for a few calls of each and is thrown
 * away, so that what grows does not distort.
 */

import { hiredHeartbeatSeconds } from '../../shared/clusters/agent-protocol.ts';
import { listNodes } from '../../shared/clusters/node-store.ts';
import { present } from '../../shared/core/assert.ts';
import { secondMs } from '../../shared/core/time.ts';
import { MemoryDatabase } from '../support/memory-database.ts';
import { type Findings, lowerIsBetter, rounded } from './document.ts';
import {
  nodeReport,
  orderCluster,
  quoteRequest,
  type RentedCluster,
  rentCluster,
} from './rent-cluster.ts';
import { median, quantile } from './statistics.ts';
import { buildWorld, type World } from './world.ts';

const warmUpWorlds = 8;
const measuredWorlds = 30;
const callsPerWorld = 12;
const devicesPerWorld = 40;

/** Prepares one call outside of the measurement; what it answers is then timed. */
type Prepare = (world: World, cluster: RentedCluster) => Promise<() => Promise<unknown>>;

const customerGet =
  (pathOf: (cluster: RentedCluster) => string): Prepare =>
  async (world, cluster) => {
    const request = { method: 'GET', path: pathOf(cluster), key: world.customer.key };
    return () => world.call(request);
  };

const handlers: Readonly<Record<string, Prepare>> = {
  'socket heartbeat': async (world, { head }) => {
    return () => world.heartbeat(head);
  },
  'socket report of the head': async (world, { head, members, rayReport }) => {
    for (const member of members) await world.heartbeat(member);
    return () => world.report(head, rayReport);
  },
  'POST /v1/agent/heartbeat': async (world, { head }) => {
    const request = world.signed(head, 'POST', '/v1/agent/heartbeat', {});
    return () => world.call(request);
  },
  'POST /v1/agent/reports': async (world, { id, head }) => {
    const nodes = await listNodes(world.runtime.database, id);
    const node = present(
      nodes.find(({ deviceId }) => deviceId === head.device.id),
      'no node of the head',
    );
    const report = nodeReport(world, node, 'started');
    const request = world.signed(head, 'POST', '/v1/agent/reports', { report });
    return () => world.call(request);
  },
  'GET /v1/clusters/{id}': customerGet(({ id }) => `/v1/clusters/${id}`),
  'GET /v1/clusters': customerGet(() => '/v1/clusters'),
  'POST /v1/clusters': async (world) => {
    const request = await orderCluster(world, 2);
    return () => world.call(request);
  },
  'POST /v1/quotes': async (world) => {
    const request = quoteRequest(world, 2);
    return () => world.call(request);
  },
  'GET /v1/offers': customerGet(() => '/v1/offers'),
  'GET /v1/ledger/balances': customerGet(() => '/v1/ledger/balances'),
};

/** Milliseconds of each call of each handler in one fresh world. */
const measureWorld = async (seed: string): Promise<Readonly<Record<string, number[]>>> => {
  const database = new MemoryDatabase();
  const options = { database, seed, devices: devicesPerWorld, suppliers: 4 };
  const world = await buildWorld(options);
  const cluster = await rentCluster(world, 2);
  const samples: Record<string, number[]> = {};
  for (const [name, prepare] of Object.entries(handlers)) {
    const own: number[] = [];
    for (let call = 0; call < callsPerWorld; call += 1) {
      world.runtime.clock.ms += hiredHeartbeatSeconds * secondMs;
      const timed = await prepare(world, cluster);
      const sinceMs = performance.now();
      await timed();
      own.push(performance.now() - sinceMs);
    }
    samples[name] = own;
  }
  return samples;
};

export const benchHandlers = async (): Promise<Findings> => {
  for (let index = 0; index < warmUpWorlds; index += 1) await measureWorld(`warm-up ${index}`);
  const worlds: Readonly<Record<string, number[]>>[] = [];
  for (let index = 0; index < measuredWorlds; index += 1) {
    worlds.push(await measureWorld(`world ${index}`));
  }
  const rows = Object.keys(handlers).map((handler) => {
    const samples = worlds.flatMap((world) => world[handler] ?? []);
    return {
      handler,
      p50_ms: rounded(median(samples)),
      p99_ms: rounded(quantile(samples, 0.99)),
      max_ms: rounded(Math.max(...samples)),
      calls: samples.length,
    };
  });
  const slowest = (id: 'p50_ms' | 'p99_ms', goal: number) => {
    const samples = rows.map((row) => row[id]);
    return lowerIsBetter({ id, unit: 'ms', goal, samples, value: Math.max(...samples) });
  };
  return { figures: [slowest('p50_ms', 5), slowest('p99_ms', 25)], rows };
};

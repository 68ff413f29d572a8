/**
 * Rents a cluster in a world of one process: the agents' part is played, everything that the platform
 * does is done by its own code, except that nobody waits for a state machine.
 */
import { dispatchNodesStep } from '../../functions/clusters/dispatch-nodes.step.ts';
import type { AgentReport, RayReport } from '../../shared/clusters/agent-protocol.ts';
import { activeAssignments, headAssignment } from '../../shared/clusters/cluster.ts';
import { getCluster } from '../../shared/clusters/cluster-store.ts';
import type { Node } from '../../shared/clusters/node.ts';
import { listNodes } from '../../shared/clusters/node-store.ts';
import { assert, present } from '../../shared/core/assert.ts';
import { type Id, newId } from '../../shared/core/ids.ts';
import { playProver } from '../support/play-prover.ts';
import { type BenchDevice, deviceOf, model, type World } from './world.ts';

/** A running cluster as the benchmarks need it. */
export interface RentedCluster {
  readonly id: Id<'clu'>;
  readonly head: BenchDevice;
  /** The head among them. */
  readonly members: readonly BenchDevice[];
  /** What the head's agent reports while all is well. */
  readonly rayReport: RayReport;
}

let counter = 0;

/** A POST of the customer, with an Idempotency-Key as every client sends one. */
export const customerPost = (world: World, path: string, body: unknown) => {
  counter += 1;
  const { key } = world.customer;
  return {
    method: 'POST',
    path,
    key,
    body,
    headers: { 'idempotency-key': `request-${String(counter).padStart(6, '0')}` },
  };
};

/** The request for a quote of so many devices. */
export const quoteRequest = (world: World, count: number, hours = 3) =>
  customerPost(world, '/v1/quotes', { items: [{ model, count }], head: 'shared', hours });

/** The order of a cluster of so many devices; its quote is made here. */
export const orderCluster = async (world: World, count: number, hours = 3) => {
  const quote = await world.call(quoteRequest(world, count, hours));
  return customerPost(world, '/v1/clusters', { quote_id: quote.body.id });
};

/** A node's report of its own, as its agent would send it. */
export const nodeReport = (
  world: World,
  node: Pick<Node, 'id' | 'clusterId'>,
  state: 'accepted' | 'started',
): AgentReport => ({
  kind: 'node',
  command_id: newId('cmd', world.runtime.clock.ms, world.runtime.randomness),
  cluster_id: node.clusterId,
  node_id: node.id,
  state,
  address: '10.0.0.1',
  ports: { gcs: 20_000, dashboard: 20_001, client: 20_002 },
  reason_code: null,
  detail: null,
});

const sendReport = (world: World, by: BenchDevice, report: AgentReport) =>
  world.call(world.signed(by, 'POST', '/v1/agent/reports', { report }));

/** Brings a cluster of so many devices to `running`. */
export const rentCluster = async (world: World, count: number, hours = 3) => {
  const { database } = world.runtime;
  const ordered = await world.call(await orderCluster(world, count, hours));
  const id: Id<'clu'> = ordered.body.id;
  const needs = { ...world.runtime, workflows: { wake: async () => {} } };
  await dispatchNodesStep(needs, { step: 'dispatch-nodes', cluster_id: id, task_token: 'token' });
  const cluster = present(await getCluster(database, id), 'no cluster');
  const members = activeAssignments(cluster).map(({ deviceId }) => deviceOf(world, deviceId));
  const head = deviceOf(world, headAssignment(cluster).deviceId);
  for (const member of members) {
    await world.connect(member);
    await playProver(world.runtime, member.device.id, world.runtime.clock.ms);
  }
  // The head's acceptance tells the workers where to go, which makes their nodes.
  const [headNode] = await listNodes(database, id);
  await sendReport(world, head, nodeReport(world, present(headNode, 'no head'), 'accepted'));
  const nodes = await listNodes(database, id);
  for (const node of nodes) {
    await sendReport(world, deviceOf(world, node.deviceId), nodeReport(world, node, 'started'));
  }
  const rayReport: RayReport = {
    kind: 'ray',
    cluster_id: id,
    node_id: present(headNode, 'no head').id,
    nodes: nodes.map(({ id: node_id, cpus, gpus }) => ({
      node_id,
      alive: true,
      state_message: null,
      cpus,
      gpus,
    })),
  };
  await world.report(head, rayReport);
  const running = present(await getCluster(database, id), 'no cluster');
  assert(running.status === 'running', `the cluster is ${running.status}`);
  return { id, head, members, rayReport } satisfies RentedCluster;
};

/**
 * What a cluster survives and what it does not: a dead raylet costs its node, a cut line and a killed
 * agent cost nothing, a dead head ends the cluster. In every case only proven time is billed.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { runRayJob } from '../../local/demo/ray-job.ts';
import { untilClosed, untilStatus } from '../../local/demo/rental.ts';
import { waitFor } from '../../local/demo/wait.ts';
import { present } from '../../shared/core/assert.ts';
import { hourMs } from '../../shared/core/time.ts';
import { getPresence } from '../../shared/devices/presence-store.ts';
import { expectBillToAgree, usageOf } from './support/books.ts';
import { type Line, openLine } from './support/line.ts';
import { agentOfNode, rayletOfNode, rayOfNode, untilLogged } from './support/machine.ts';
import {
  activeNode,
  type Cluster,
  getConnection,
  linesByNode,
  listEvents,
  listNodes,
  rentCluster,
  terminate,
} from './support/renting.ts';
import { untilNodeGone, useStage } from './support/stage.ts';

const names = ['atlas', 'boreas'];
let line: Line | undefined;

const stage = useStage({
  name: 'loss',
  agents: names,
  // The agents' sockets run over a line that the test can cut; their requests do not.
  beforeRun: async ({ stateFolder }) => {
    const path = `${stateFolder}/agent.json`;
    const state = JSON.parse(readFileSync(path, 'utf8'));
    const url = new URL(state.device.socket_url);
    line ??= await openLine(Number(url.port));
    url.port = String(line.port);
    state.device.socket_url = url.href;
    writeFileSync(path, JSON.stringify(state));
  },
});
afterAll(() => line?.close());

const agents = () => names.map((name) => stage().agent(name));

const nodeUsage = async (clusterId: string, nodeId: string) =>
  present((await usageOf(stage(), clusterId)).nodes[nodeId], `${nodeId} has no usage`);

/** Waits until the node has proven so much more time than it had. */
const untilProven = async (clusterId: string, nodeId: string, moreMs: number): Promise<void> => {
  const { provenMs } = await nodeUsage(clusterId, nodeId);
  await waitFor(
    `${nodeId} to prove ${moreMs} ms more`,
    async () =>
      (await nodeUsage(clusterId, nodeId)).provenMs >= provenMs + moreMs ? true : undefined,
    { seconds: 90 },
  );
};

/** Waits for the presences of all agents to be as wanted. */
const untilPresences = (
  what: string,
  wanted: (presence: NonNullable<Awaited<ReturnType<typeof getPresence>>>) => boolean,
) =>
  waitFor(
    what,
    async () => {
      const found = await Promise.all(
        agents().map(({ deviceId }) => getPresence(stage().database, deviceId)),
      );
      return found.every((presence) => presence && wanted(presence)) ? found : undefined;
    },
    { seconds: 120 },
  );

const runsAJobOnBothNodes = async (clusterId: string): Promise<void> => {
  const job = await runRayJob(await getConnection(stage().customer, clusterId), 1);
  expect(job.said).toMatch(/2 tasks on 2 nodes$/);
};

describe('a killed raylet', () => {
  it('is noticed, and its node is not billed from its last proven second', async () => {
    const { customer } = stage();
    const { id } = await rentCluster(customer, 2);
    const nodes = await listNodes(customer, id);
    const [head, worker] = [activeNode(nodes, 'head'), activeNode(nodes, 'worker')];
    await untilProven(id, worker.id, 2_000);
    process.kill(rayletOfNode(worker.id), 'SIGKILL');
    await waitFor(
      'the node to be lost',
      async () => (await listNodes(customer, id)).find(({ status }) => status === 'lost'),
      { seconds: 60 },
    );
    const lost = await nodeUsage(id, worker.id);
    expect(lost.lost).toBe(true);
    await untilProven(id, head.id, 3_000);
    expect(await nodeUsage(id, worker.id)).toEqual(lost);
    await untilNodeGone(worker.id);
    expect(await listEvents(customer, id)).toContainEqual(
      expect.objectContaining({ kind: 'cluster.node_lost', status: 'running' }),
    );

    await terminate(customer, id);
    const lines = linesByNode(await expectBillToAgree(stage(), id));
    expect(lines.get(worker.id)).toMatchObject({ proven_ms: lost.provenMs, minimum_ms: 0 });
    const headLine = present(lines.get(head.id), 'the head is not on the invoice');
    expect(headLine.proven_ms + headLine.minimum_ms).toBe(hourMs);
  });
});

describe('a cluster of two nodes', () => {
  let cluster: Cluster;
  let headId: string;

  it('goes on when the agents lose their connections, and is seen by their requests', async () => {
    cluster = await rentCluster(stage().customer, 2);
    headId = activeNode(await listNodes(stage().customer, cluster.id), 'head').id;
    await untilPresences('connections', ({ connectionId }) => connectionId !== null);
    present(line, 'no line').cut();
    const cut = await untilPresences('no connections', ({ connectionId }) => connectionId === null);
    const lastSeenMs = Math.max(...cut.map((presence) => presence?.lastSeenMs ?? 0));
    await runsAJobOnBothNodes(cluster.id);
    await untilPresences(
      'heartbeats without a connection',
      (presence) => presence.connectionId === null && presence.lastSeenMs > lastSeenMs,
    );
    await untilProven(cluster.id, headId, 2_000);
    present(line, 'no line').mend();
    await untilPresences('connections again', ({ connectionId }) => connectionId !== null);
    expect(await listNodes(stage().customer, cluster.id)).toMatchObject([
      { status: 'alive' },
      { status: 'alive' },
    ]);
  });

  it('goes on when an agent is killed; its next start finds the node again', async () => {
    const agent = agentOfNode(agents(), headId);
    agent.process.signal('SIGKILL');
    await agent.process.ended;
    await runsAJobOnBothNodes(cluster.id);
    const again = await agent.restart();
    stage().adopt(again);
    await untilLogged(again, 'node_adopted', ({ node_id }) => node_id === headId);
    await untilProven(cluster.id, headId, 2_000);
    await runsAJobOnBothNodes(cluster.id);
  });

  it('fails when its head dies, and only proven time is billed', async () => {
    const { customer } = stage();
    process.kill(rayOfNode(agentOfNode(agents(), headId), headId), 'SIGKILL');
    await untilStatus(customer, cluster.id, ['failed'], 90);
    const closed = await untilClosed(customer, cluster.id);
    expect(closed.status_reason).toBe('head_lost');
    const invoice = await expectBillToAgree(stage(), cluster.id);
    expect(invoice.lines.map(({ minimum_ms }) => minimum_ms)).toEqual([0, 0]);
    const usage = await usageOf(stage(), cluster.id);
    const ranMs = Date.parse(invoice.period_end) - Date.parse(invoice.period_start);
    const lines = linesByNode(invoice);
    expect(usage.nodes[headId]?.lost).toBe(true);
    expect(lines.get(headId)?.proven_ms).toBe(usage.nodes[headId]?.provenMs);
    for (const { proven_ms } of lines.values()) expect(proven_ms).toBeLessThanOrEqual(ranMs);
    for (const nodeId of lines.keys()) await untilNodeGone(nodeId);
  });
});

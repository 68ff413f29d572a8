/**
 * What happens on the suppliers' machines when the platform is out of reach or forgets everything, when a
 * device's clock is wrong and when an agent's state is broken: paid nodes go on, and no node outlives its
 * paid time.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeClockOffset } from '../../functions/kit/clock-offset.ts';
import { moveAgentClock, runAgentCommand, untilReady } from '../../local/demo/agents.ts';
import { runRayJob } from '../../local/demo/ray-job.ts';
import { untilClosed, untilStatus } from '../../local/demo/rental.ts';
import { waitFor } from '../../local/demo/wait.ts';
import { startEmulator } from '../../local/emulator/emulator.ts';
import { stopAfterGraceMs } from '../../shared/clusters/cluster.ts';
import { hourMs, minuteMs, secondMs } from '../../shared/core/time.ts';
import { getPresence } from '../../shared/devices/presence-store.ts';
import { expectBillToAgree } from './support/books.ts';
import { agentOfNode, endsInMs, untilIdle, untilLogged } from './support/machine.ts';
import {
  type Cluster,
  getCluster,
  getConnection,
  listEvents,
  listNodes,
  rentCluster,
} from './support/renting.ts';
import { processesOfNode, untilNodeGone, useStage } from './support/stage.ts';

const names = ['atlas', 'boreas'];
const stage = useStage({ name: 'control-plane', agents: names });
const agents = () => names.map((name) => stage().agent(name));
/** What a node has from the moment at which its cluster runs. */
const stopAfterMs = hourMs + stopAfterGraceMs;

/** Waits until every node of the cluster knows the end of its paid time. */
const untilKept = async (nodeIds: readonly string[]): Promise<void> => {
  for (const nodeId of nodeIds) {
    await waitFor(
      `${nodeId} to learn its end`,
      async () =>
        endsInMs(agentOfNode(agents(), nodeId), nodeId) <= stopAfterMs ? true : undefined,
      { seconds: 60 },
    );
  }
};

const nodeIdsOf = async (clusterId: string): Promise<readonly string[]> =>
  (await listNodes(stage().customer, clusterId)).map(({ id }) => id);

describe('a control plane out of reach', () => {
  it('kills no paid cluster; its nodes end by themselves when the paid time is over', async () => {
    const { customer, platform } = stage();
    const { id } = await rentCluster(customer, 2);
    const nodeIds = await nodeIdsOf(id);
    const connection = await getConnection(customer, id);
    await untilKept(nodeIds);
    platform.suspend();
    try {
      expect((await runRayJob(connection, 1)).said).toMatch(/on 2 nodes$/);
      for (const agent of agents()) moveAgentClock(agent, stopAfterMs - 5 * minuteMs);
      expect((await runRayJob(connection, 1)).said).toMatch(/on 2 nodes$/);
      for (const agent of agents()) moveAgentClock(agent, stopAfterMs + secondMs);
      await Promise.all(nodeIds.map(untilNodeGone));
    } finally {
      platform.resume();
    }
    await untilStatus(customer, id, ['failed'], 120);
    await untilClosed(customer, id);
    const lost = (await listEvents(customer, id)).map(({ evidence }) => evidence ?? '');
    expect(lost.join()).toMatch(/paid time and its grace are over/);
    const invoice = await expectBillToAgree(stage(), id);
    const ranMs = Date.parse(invoice.period_end) - Date.parse(invoice.period_start);
    for (const line of invoice.lines) {
      expect(line.minimum_ms).toBe(0);
      expect(line.proven_ms).toBeLessThanOrEqual(ranMs);
    }
  });
});

describe('a device', () => {
  let cluster: Cluster;

  it('with a wrong clock corrects itself by the time that the platform tells', async () => {
    const { supplier, database } = stage();
    const agent = stage().agent('atlas');
    await untilReady(supplier, agent);
    await agent.process.stop();
    await writeClockOffset(database, { offsetMs: 10 * minuteMs });
    const again = await agent.restart();
    stage().adopt(again);
    const { seconds } = await untilLogged(again, 'clock_corrected');
    expect(Math.abs(Number(seconds) - 600)).toBeLessThanOrEqual(5);
    await untilLogged(again, 'socket_open');
    const presence = await getPresence(database, again.deviceId);
    expect(presence?.connectionId).toEqual(expect.any(String));
  });

  it('whose state file is corrupted says so, touches nothing, and goes on once it is mended', async () => {
    const { customer, supplier } = stage();
    await Promise.all(agents().map((agent) => untilReady(supplier, agent)));
    cluster = await rentCluster(customer, 1);
    const [nodeId = ''] = await nodeIdsOf(cluster.id);
    const agent = agentOfNode(agents(), nodeId);
    agent.process.signal('SIGKILL');
    await agent.process.ended;
    const path = join(agent.stateFolder, 'agent.json');
    const good = readFileSync(path, 'utf8');
    writeFileSync(path, good.slice(0, -40));
    const processes = processesOfNode(nodeId);
    const { code, error } = await runAgentCommand(['run', '--state', agent.stateFolder]);
    expect(code).toBe(3);
    expect(error).toContain(`state file ${path} is corrupted`);
    expect(error).toContain('raymesh-agent leave');
    expect(processesOfNode(nodeId)).toEqual(expect.arrayContaining([...processes]));
    writeFileSync(path, good);
    const again = await agent.restart();
    stage().adopt(again);
    await untilLogged(again, 'node_adopted', ({ node_id }) => node_id === nodeId);
    expect((await runRayJob(await getConnection(customer, cluster.id), 1)).status).toBe(
      'SUCCEEDED',
    );
    expect((await getCluster(customer, cluster.id)).status).toBe('running');
  });

  it('ends its node at the paid time although the platform has forgotten everything', async () => {
    const [nodeId = ''] = await nodeIdsOf(cluster.id);
    const agent = agentOfNode(agents(), nodeId);
    await untilKept([nodeId]);
    const { port } = new URL(stage().platform.aws.endpoint);
    await stage().endPlatform();
    await startEmulator({ port: Number(port) });
    const said = await untilLogged(agent, 'heartbeat_failed', ({ code }) => code !== undefined);
    expect(said).toMatchObject({
      reason: expect.stringMatching(/\S/),
      next: expect.stringMatching(/\S/),
    });
    expect(processesOfNode(nodeId)).not.toEqual([]);
    moveAgentClock(agent, 2 * (stopAfterMs + secondMs));
    await untilNodeGone(nodeId);
    await untilIdle(agent);
  });
});

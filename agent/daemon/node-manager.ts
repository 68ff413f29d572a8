/**
 * Watches the nodes of this device: reports when each is started, exited or stopped, and, for heads,
 * what Ray lists. After a restart it adopts what the state folder names; it touches nothing else.
 */
import type { NodeReport } from '../../shared/clusters/agent-protocol.ts';
import { inBackground } from '../background.ts';
import type { Reporter } from '../platform/reporter.ts';
import { messageOf } from '../problem.ts';
import type { NodeDriver } from '../ray/node-driver.ts';
import { portsOf } from '../ray/ports.ts';
import type { AgentRuntime } from '../runtime.ts';
import type { NodeRecord, NodeView } from '../state/node-folder.ts';
import type { RayChannel } from './ray-channel.ts';
import { reportRay } from './ray-reports.ts';

const startPollMs = 250;
const watchPollMs = 500;
const adoptWaitMs = 5_000;
/** After a failure, the end or the watching of a node is tried again. */
const againMs = 5_000;

type NodeId = NodeRecord['node_id'];
type CommandId = NodeRecord['command_id'];

/** A node under watch. */
interface Watched {
  /** Absent when the node's record is corrupted: then it can be stopped, but not reported. */
  readonly record: NodeRecord | undefined;
  /** The command that the node's last report answers. */
  commandId: CommandId | undefined;
  /** Asked to end, or ended and not yet reported. */
  isEnding: boolean;
  /** Settles when the node has ended, was reported and forgotten. */
  ended: Promise<void>;
}

export interface NodeManager {
  /** Takes over the nodes of an earlier agent and ends its test nodes. Call once. */
  adopt(): Promise<void>;
  /** Watches a node that was just launched. */
  watch(view: NodeView): void;
  has(nodeId: string): boolean;
  /** Nodes of other clusters that nobody has asked to end. */
  isBusyFor(clusterId: string): boolean;
  /** Settles when all nodes that are asked to end have ended. */
  whenStopped(): Promise<void>;
  /** Ends the node; `commandId` is answered by its last report. */
  stop(nodeId: string, commandId?: CommandId): Promise<void>;
  count(): number;
}

export interface NodeManagerOptions {
  readonly driver: NodeDriver;
  readonly reporter: Reporter;
  readonly sendRay: RayChannel;
  /** The number of nodes has changed. */
  readonly onChange: () => void;
}

/** The report of a node's change of state; ports are told by heads only. */
export const nodeReport = (
  record: Pick<NodeRecord, 'cluster_id' | 'node_id' | 'role' | 'address' | 'command_id'>,
  firstPort: number | undefined,
  change: Pick<NodeReport, 'state'> & Partial<Pick<NodeReport, 'reason_code' | 'detail'>>,
): NodeReport => {
  const ports = firstPort === undefined ? undefined : portsOf(firstPort);
  return {
    kind: 'node',
    command_id: record.command_id,
    cluster_id: record.cluster_id,
    node_id: record.node_id,
    state: change.state,
    address: ports ? record.address : null,
    ports:
      ports && record.role === 'head'
        ? { gcs: ports.gcs, dashboard: ports.dashboard, client: ports.client }
        : null,
    reason_code: change.reason_code ?? null,
    detail: change.detail?.slice(0, 500) ?? null,
  };
};

/** A manager whose watching ends, without ending any node, when `signal` aborts. */
export const createNodeManager = (
  runtime: AgentRuntime,
  options: NodeManagerOptions,
  signal: AbortSignal,
): NodeManager => {
  const { driver, reporter, onChange } = options;
  const nodes = new Map<NodeId, Watched>();

  /** Tries until the node has ended or the agent does: other starts wait for it. */
  const endNode = async (node: Watched, nodeId: string): Promise<void> => {
    node.isEnding = true;
    runtime.log.info('node_stopping', { node_id: nodeId });
    while (!signal.aborted) {
      try {
        return await driver.stop(nodeId);
      } catch (thrown) {
        runtime.log.error('node_stop_failed', { node_id: nodeId, reason: messageOf(thrown) });
      }
      await runtime.wait(againMs, signal);
    }
  };

  const stop: NodeManager['stop'] = async (nodeId, commandId) => {
    const node = nodes.get(nodeId as NodeId);
    if (!node) return;
    node.commandId = commandId ?? node.commandId;
    await endNode(node, nodeId);
    await node.ended;
  };

  const report = async (
    view: NodeView,
    node: Watched,
    change: Parameters<typeof nodeReport>[2],
  ) => {
    if (!node.record) return;
    const record = { ...node.record, command_id: node.commandId ?? node.record.command_id };
    const answer = await reporter.sendInOrder(nodeReport(record, view.process?.first_port, change));
    if (answer === 'stop' && driver.view(view.nodeId)?.running) await endNode(node, view.nodeId);
  };

  const lastChange = (
    view: NodeView,
    facts: { started: boolean; adopted: boolean; wasAsked: boolean },
  ): Parameters<typeof nodeReport>[2] => {
    if (view.exit?.reason_code === null || (facts.wasAsked && !view.exit))
      return { state: 'stopped' };
    if (!view.exit) {
      const detail = "The node's supervisor ended without a word; what it had started was ended.";
      return {
        state: 'exited',
        reason_code: facts.adopted ? 'agent_restarted' : 'ray_exited',
        detail,
      };
    }
    const died = view.exit.reason_code === 'ray_exited';
    const reason_code =
      died && !facts.started && !facts.adopted ? 'ray_start_failed' : view.exit.reason_code;
    return { state: 'exited', reason_code, detail: view.exit.detail };
  };

  /** Waits until the node ends or the agent does; answers the last view, undefined in the latter case. */
  const follow = async (first: NodeView, node: Watched, onStarted: () => void) => {
    let started = false;
    for (let view = first; !signal.aborted; view = driver.view(first.nodeId) ?? view) {
      if (!view.running) return view;
      if (!started && (await driver.isHealthy(view))) {
        started = true;
        onStarted();
        runtime.log.info('node_started', { node_id: view.nodeId });
        inBackground(runtime.log, 'started_report', report(view, node, { state: 'started' }));
      }
      await runtime.wait(started ? watchPollMs : startPollMs, signal);
    }
    return undefined;
  };

  const live = async (first: NodeView, node: Watched, adopted: boolean): Promise<void> => {
    const facts = { started: false, adopted };
    // Whether the earlier agent's `accepted` was ever answered is unknown: said again, it harms nothing.
    if (adopted && first.running) {
      inBackground(runtime.log, 'accepted_report', report(first, node, { state: 'accepted' }));
    }
    const over = new AbortController();
    const rayReports = reportRay(
      runtime,
      {
        read: async () => {
          const view = driver.view(first.nodeId);
          return node.record?.role === 'head' && view?.running ? driver.listRay(view) : undefined;
        },
        send: options.sendRay,
        onStop: () => endNode(node, first.nodeId),
        record: node.record,
      },
      AbortSignal.any([signal, over.signal]),
    );
    const last = await follow(first, node, () => {
      facts.started = true;
    }).finally(() => over.abort());
    await rayReports;
    if (!last) return;
    const wasAsked = node.isEnding;
    node.isEnding = true;
    // Also when it ended by itself: a killed supervisor leaves Ray behind.
    await driver.stop(first.nodeId);
    const change = lastChange(driver.view(first.nodeId) ?? last, { ...facts, wasAsked });
    const ids = { node_id: first.nodeId, reason: change.reason_code ?? 'asked' };
    runtime.log.info('node_ended', ids);
    await report(last, node, change);
    if (!signal.aborted) driver.forget(first.nodeId);
  };

  /** Whatever fails while it is watched, a node stays known until its end was reported. */
  const liveOn = async (first: NodeView, node: Watched, adopted: boolean): Promise<void> => {
    let isAdopted = adopted;
    for (let view = first; ; view = driver.view(first.nodeId) ?? first) {
      try {
        return await live(view, node, isAdopted);
      } catch (thrown) {
        const facts = { node_id: first.nodeId, reason: messageOf(thrown) };
        runtime.log.error('node_watch_failed', facts);
      }
      isAdopted = true;
      await runtime.wait(againMs, signal);
      if (signal.aborted) return;
    }
  };

  const start = (view: NodeView, adopted: boolean): void => {
    const record = view.record.kind === 'valid' ? view.record.value : undefined;
    const node: Watched = {
      record,
      commandId: record?.command_id,
      isEnding: false,
      ended: Promise.resolve(),
    };
    nodes.set(view.nodeId, node);
    onChange();
    node.ended = liveOn(view, node, adopted).then(() => {
      nodes.delete(view.nodeId);
      if (!signal.aborted) onChange();
    });
    inBackground(runtime.log, 'node_watch', node.ended);
  };

  /** A supervisor that was starting when its agent died may need a moment to show itself. */
  const settled = async (view: NodeView): Promise<NodeView> => {
    let now = view;
    for (let waited = 0; waited < adoptWaitMs && !now.process && !now.exit; waited += startPollMs) {
      await runtime.wait(startPollMs, signal);
      now = driver.view(view.nodeId) ?? now;
    }
    return now;
  };

  const adoptNode = async (found: NodeView): Promise<void> => {
    const view = await settled(found);
    const ids = {
      node_id: view.nodeId,
      ...(view.process ? { pid: view.process.supervisor.pid } : {}),
    };
    if (view.record.kind === 'valid' && view.record.value.purpose === 'test') {
      await driver.stop(view.nodeId);
      driver.forget(view.nodeId);
      return;
    }
    if (view.record.kind !== 'valid') {
      runtime.log.error('node_file_corrupted', {
        ...ids,
        reason: view.record.kind === 'corrupted' ? view.record.reason : 'absent',
        next: 'The node runs until its paid time is over or the platform stops it.',
      });
    }
    runtime.log.info(view.running ? 'node_adopted' : 'node_found_ended', ids);
    start(view, true);
  };

  const adopt = async (): Promise<void> => {
    driver.removeUnstarted();
    for (const found of driver.list()) {
      await adoptNode(found).catch((thrown: unknown) =>
        runtime.log.error('adopt_failed', { node_id: found.nodeId, reason: messageOf(thrown) }),
      );
    }
  };

  return {
    adopt,
    stop,
    watch: (view) => start(view, false),
    has: (nodeId) => nodes.has(nodeId as NodeId),
    isBusyFor: (clusterId) =>
      [...nodes.values()].some((node) => !node.isEnding && node.record?.cluster_id !== clusterId),
    whenStopped: async () => {
      await Promise.all(
        [...nodes.values()].filter((node) => node.isEnding).map((node) => node.ended),
      );
    },
    count: () => nodes.size,
  };
};

/**
 * The process driver: Ray nodes as processes of this machine. It starts a supervisor per node and
 * speaks with it through the node's folder, so every function works as well after a restart of the
 * agent. It isolates nothing: it is for machines whose owner trusts the customer.
 */
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { freemem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { NodeReport } from '../../shared/clusters/agent-protocol.ts';
import {
  freeBytes,
  freeMib,
  scratchFreeMibMin,
  scratchRoot,
  shmPath,
} from '../hardware/free-space.ts';
import { messageOf } from '../problem.ts';
import type { AgentRuntime } from '../runtime.ts';
import {
  forgetNode,
  listNodes,
  listUnstarted,
  type NodeRecord,
  type NodeView,
  nodeFolder,
  saveDeadline,
  saveRecord,
  viewNode,
} from '../state/node-folder.ts';
import { isRunning, killGroup, processesMarked, signalProcess } from '../state/process-identity.ts';
import { removeFolder } from '../state/remove-folder.ts';
import { nodeMarker, planMemory } from './launch.ts';
import { portsOf } from './ports.ts';
import { sweepNode } from './process-group.ts';
import { getText } from './ray-http.ts';
import { parseRayNodes, type RayRow } from './ray-nodes.ts';

const pollMs = 20;
const launchWaitMs = 15_000;
const stopWaitMs = 15_000;
const httpTimeoutMs = 3_000;

/** What a start needs; sizes and folders are the driver's own. */
export type NodeOrder = Omit<
  NodeRecord,
  'version' | 'object_store_bytes' | 'memory_bytes' | 'scratch_folder'
>;

export type LaunchOutcome =
  | { readonly outcome: 'launched'; readonly firstPort: number }
  | {
      readonly outcome: 'refused';
      readonly reasonCode: NonNullable<NodeReport['reason_code']>;
      readonly detail: string;
    };

/** Starts, finds and ends the nodes of this agent. */
export interface NodeDriver {
  launch(order: NodeOrder, stopAfterSeconds: number): Promise<LaunchOutcome>;
  list(): readonly NodeView[];
  view(nodeId: string): NodeView | undefined;
  /** Moves the time at which the node ends by itself to `stopAfterSeconds` from now. */
  keep(nodeId: string, stopAfterSeconds: number): void;
  /** Ends the node's processes, whoever started them; returns when none is left. */
  stop(nodeId: string): Promise<void>;
  /** Removes the files of an ended node; those that resist stay for the next start of the agent. */
  forget(nodeId: string): void;
  /** Removes what an agent left that died before it could start the node. */
  removeUnstarted(): void;
  /** Whether the node's own Ray agent says that it is healthy. */
  isHealthy(view: NodeView): Promise<boolean>;
  /** What a head's Ray lists; undefined when it does not answer. */
  listRay(view: NodeView): Promise<readonly RayRow[] | undefined>;
}

const readFile = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};

/** The node's id makes the name, so that no crash leaves a folder of which nobody knows. */
const scratchFolderOf = (nodeId: string): string => join(scratchRoot, `rm-${nodeId.slice(-12)}`);

const startSupervisor = (runtime: AgentRuntime, nodeId: string): void => {
  const folder = nodeFolder(runtime.stateFolder, nodeId);
  const log = openSync(join(folder, 'supervisor.log'), 'a', 0o600);
  const script = fileURLToPath(new URL('./supervisor.ts', import.meta.url));
  const offset = runtime.clockOffsetFile ? [runtime.clockOffsetFile] : [];
  const child = spawn(process.execPath, [script, folder, ...offset], {
    detached: true,
    stdio: ['ignore', log, log],
    env: {},
  });
  child.once('error', (error) =>
    runtime.log.error('supervisor_not_started', { node_id: nodeId, reason: error.message }),
  );
  child.unref();
  closeSync(log);
};

/** The driver over the state folder of `runtime`. */
export const createNodeDriver = (runtime: AgentRuntime): NodeDriver => {
  const state = runtime.stateFolder;

  const deadlineOf = (stopAfterSeconds: number): number =>
    runtime.monotonicMs() + stopAfterSeconds * 1_000;

  const awaitView = async (nodeId: string, waitMs: number, done: (view: NodeView) => boolean) => {
    for (let waited = 0; waited < waitMs; waited += pollMs) {
      const view = viewNode(state, nodeId);
      if (!view || done(view)) return view;
      await runtime.wait(pollMs);
    }
    return viewNode(state, nodeId);
  };

  /** Removes the node's scratch folder; whether it is gone. */
  const removeScratch = (nodeId: string): boolean => {
    const record = viewNode(state, nodeId)?.record;
    if (record?.kind !== 'valid') return true;
    const reason = removeFolder(record.value.scratch_folder);
    if (reason) runtime.log.error('scratch_not_removed', { node_id: nodeId, reason });
    return reason === undefined;
  };

  const forget: NodeDriver['forget'] = (nodeId) => {
    if (!removeScratch(nodeId)) return;
    const reason = forgetNode(state, nodeId);
    if (reason) runtime.log.error('node_not_forgotten', { node_id: nodeId, reason });
  };

  const removeUnstarted: NodeDriver['removeUnstarted'] = () => {
    for (const nodeId of listUnstarted(state)) {
      if (processesMarked(nodeMarker, nodeId).length > 0) continue;
      runtime.log.info('unstarted_node_removed', { node_id: nodeId });
      forget(nodeId);
    }
  };

  /** The record comes before all that it names, so that a later agent finds what it has to remove. */
  const prepare = (order: NodeOrder, stopAfterSeconds: number): void => {
    const shmBytes = freeBytes(shmPath) ?? Number.MAX_SAFE_INTEGER;
    const memory = planMemory({ memoryBytes: freemem(), shmBytes });
    const record: NodeRecord = {
      ...order,
      version: 1,
      object_store_bytes: memory.objectStoreBytes,
      memory_bytes: memory.memoryBytes,
      scratch_folder: scratchFolderOf(order.node_id),
    };
    mkdirSync(nodeFolder(state, order.node_id), { recursive: true, mode: 0o700 });
    saveDeadline(state, order.node_id, deadlineOf(stopAfterSeconds));
    saveRecord(state, record);
    mkdirSync(record.scratch_folder, { mode: 0o700 });
    startSupervisor(runtime, order.node_id);
  };

  const launch: NodeDriver['launch'] = async (order, stopAfterSeconds) => {
    const free = freeMib(scratchRoot) ?? 0;
    if (free < scratchFreeMibMin) {
      const detail = `${free} MiB free on ${scratchRoot}, ${scratchFreeMibMin} are needed.`;
      return { outcome: 'refused', reasonCode: 'disk_full', detail };
    }
    try {
      prepare(order, stopAfterSeconds);
    } catch (thrown) {
      forget(order.node_id);
      return { outcome: 'refused', reasonCode: 'ray_start_failed', detail: messageOf(thrown) };
    }
    const view = await awaitView(
      order.node_id,
      launchWaitMs,
      ({ process, exit }) => process !== undefined || exit !== undefined,
    );
    if (view?.process) return { outcome: 'launched', firstPort: view.process.first_port };
    const words = readFile(join(nodeFolder(state, order.node_id), 'supervisor.log')).slice(-300);
    const detail = view?.exit?.detail ?? `The node's supervisor did not start. ${words}`;
    await stop(order.node_id);
    forget(order.node_id);
    return {
      outcome: 'refused',
      reasonCode: view?.exit?.reason_code ?? 'ray_start_failed',
      detail,
    };
  };

  const stop: NodeDriver['stop'] = async (nodeId) => {
    const view = viewNode(state, nodeId);
    const supervisor = view?.process?.supervisor;
    // Until its process is gone, not only its last word written: it removes the scratch folder after
    // that, and two who remove one folder at once disturb each other.
    if (supervisor && signalProcess(supervisor, 'SIGTERM')) {
      await awaitView(nodeId, stopWaitMs, () => !isRunning(supervisor));
    }
    // A supervisor that was killed leaves Ray behind: the marker finds it, and on macOS the group.
    const left = viewNode(state, nodeId);
    if (left?.process?.ray && isRunning(left.process.ray)) killGroup(left.process.ray.pid);
    if (left?.process) signalProcess(left.process.supervisor, 'SIGKILL');
    await sweepNode(nodeId);
    removeScratch(nodeId);
  };

  const isHealthy: NodeDriver['isHealthy'] = async ({ record, process }) => {
    if (record.kind !== 'valid' || !process?.ray) return false;
    const url = `http://${record.value.address}:${portsOf(process.first_port).agentHttp}/api/healthz`;
    return (await getText(url, { timeoutMs: httpTimeoutMs })) !== undefined;
  };

  const listRay: NodeDriver['listRay'] = async ({ record, process }) => {
    if (record.kind !== 'valid' || !process?.ray) return undefined;
    const { address, auth_token, cluster_id } = record.value;
    const url = `http://${address}:${portsOf(process.first_port).dashboard}/api/v0/nodes`;
    const text = await getText(url, { token: auth_token, timeoutMs: httpTimeoutMs });
    return text === undefined ? undefined : parseRayNodes(text, cluster_id);
  };

  return {
    launch,
    stop,
    isHealthy,
    listRay,
    list: () => listNodes(state),
    view: (nodeId) => viewNode(state, nodeId),
    keep: (nodeId, seconds) => saveDeadline(state, nodeId, deadlineOf(seconds)),
    forget,
    removeUnstarted,
  };
};

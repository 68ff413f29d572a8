/**
 * The process driver: Ray nodes as processes of this machine. It starts a supervisor per node and
 * speaks with it through the node's folder, so every function works as well after a restart of the
 * agent. It isolates nothing: it is for machines whose owner trusts the customer.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import { freemem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { NodeReport } from '../../shared/clusters/agent-protocol.ts';
import type { AgentRuntime } from '../runtime.ts';
import {
  forgetNode,
  listNodes,
  type NodeRecord,
  type NodeView,
  nodeFolder,
  saveDeadline,
  saveRecord,
  viewNode,
} from '../state/node-folder.ts';
import { isRunning, killGroup, signalProcess } from '../state/process-identity.ts';
import { planMemory } from './launch.ts';
import { portsOf } from './ports.ts';
import { sweepNode } from './process-group.ts';
import { getText } from './ray-http.ts';
import { parseRayNodes, type RayRow } from './ray-nodes.ts';

const pollMs = 20;
const launchWaitMs = 15_000;
const stopWaitMs = 15_000;
const httpTimeoutMs = 3_000;
/** Free disk below which no node is started. */
export const diskFreeBytesMin = 2 * 1024 ** 3;
/** Where Ray's files lie: short, because socket paths end at 107 bytes. */
export const scratchRoot = '/tmp';

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
  /** Removes the files of an ended node. */
  forget(nodeId: string): void;
  /** Whether the node's own Ray agent says that it is healthy. */
  isHealthy(view: NodeView): Promise<boolean>;
  /** What a head's Ray lists; undefined when it does not answer. */
  listRay(view: NodeView): Promise<readonly RayRow[] | undefined>;
}

const freeBytes = (path: string): number => {
  try {
    const stats = statfsSync(path);
    return stats.bavail * stats.bsize;
  } catch {
    return Number.MAX_SAFE_INTEGER;
  }
};

const readFile = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};

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
  child.unref();
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

  const launch: NodeDriver['launch'] = async (order, stopAfterSeconds) => {
    const diskBytes = freeBytes(scratchRoot);
    if (diskBytes < diskFreeBytesMin) {
      const detail = `${Math.floor(diskBytes / 1024 ** 2)} MiB free on ${scratchRoot}, 2048 are needed.`;
      return { outcome: 'refused', reasonCode: 'disk_full', detail };
    }
    const memory = planMemory({ memoryBytes: freemem(), shmBytes: freeBytes('/dev/shm') });
    const record: NodeRecord = {
      ...order,
      version: 1,
      object_store_bytes: memory.objectStoreBytes,
      memory_bytes: memory.memoryBytes,
      scratch_folder: mkdtempSync(join(scratchRoot, 'rm-')),
    };
    mkdirSync(nodeFolder(state, order.node_id), { recursive: true, mode: 0o700 });
    saveDeadline(state, order.node_id, deadlineOf(stopAfterSeconds));
    saveRecord(state, record);
    startSupervisor(runtime, order.node_id);
    const view = await awaitView(
      order.node_id,
      launchWaitMs,
      ({ process, exit }) => process !== undefined || exit !== undefined,
    );
    if (view?.process) return { outcome: 'launched', firstPort: view.process.first_port };
    const words = readFile(join(nodeFolder(state, order.node_id), 'supervisor.log')).slice(-300);
    const detail = view?.exit?.detail ?? `The node's supervisor did not start. ${words}`;
    await stop(order.node_id);
    forgetNode(state, order.node_id);
    return {
      outcome: 'refused',
      reasonCode: view?.exit?.reason_code ?? 'ray_start_failed',
      detail,
    };
  };

  const stop: NodeDriver['stop'] = async (nodeId) => {
    const view = viewNode(state, nodeId);
    if (view?.process && signalProcess(view.process.supervisor, 'SIGTERM')) {
      await awaitView(nodeId, stopWaitMs, ({ running }) => !running);
    }
    // A supervisor that was killed leaves Ray behind: the marker finds it, and on macOS the group.
    const left = viewNode(state, nodeId);
    if (left?.process?.ray && isRunning(left.process.ray)) killGroup(left.process.ray.pid);
    if (left?.running && left.process) signalProcess(left.process.supervisor, 'SIGKILL');
    await sweepNode(nodeId);
    if (left?.record.kind === 'valid') {
      rmSync(left.record.value.scratch_folder, { recursive: true, force: true });
    }
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
    forget: (nodeId) => forgetNode(state, nodeId),
  };
};

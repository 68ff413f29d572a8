/** `status`: what the state on disk says, without asking anybody and without any secret. */
import type { AgentRuntime } from '../runtime.ts';
import { getDaemon, requireDeviceState } from '../state/device-state.ts';
import { listNodes } from '../state/node-folder.ts';
import { isRunning } from '../state/process-identity.ts';

/** The document that `status --output json` prints. Throws AgentError as requireDeviceState does. */
export const describeStatus = (runtime: AgentRuntime) => {
  const state = requireDeviceState(runtime.stateFolder);
  const daemon = getDaemon(runtime.stateFolder);
  return {
    device_id: state.device.device_id,
    public_id: state.device.public_id,
    site_id: state.device.site_id,
    name: state.name,
    api_url: state.api_url,
    address: state.address,
    agent_port: state.agent_port,
    daemon_pid: daemon && isRunning(daemon) ? daemon.pid : null,
    nodes: listNodes(runtime.stateFolder).map((view) => ({
      node_id: view.nodeId,
      cluster_id: view.record.kind === 'valid' ? view.record.value.cluster_id : null,
      role: view.record.kind === 'valid' ? view.record.value.role : null,
      first_port: view.process?.first_port ?? null,
      ray_pid: view.process?.ray?.pid ?? null,
      running: view.running,
    })),
  };
};

export type AgentStatus = ReturnType<typeof describeStatus>;

/** The same for people. */
export const formatStatus = (status: AgentStatus): string => {
  const daemon = status.daemon_pid === null ? 'not running' : `process ${status.daemon_pid}`;
  const nodes = status.nodes.map(
    (node) =>
      `  ${node.node_id}  ${node.role ?? 'unreadable'}  ${node.running ? 'running' : 'ended'}` +
      `  ports ${node.first_port ?? '-'}  cluster ${node.cluster_id ?? 'unknown'}`,
  );
  return [
    `device   ${status.device_id} (${status.name})`,
    `address  ${status.address}:${status.agent_port}`,
    `platform ${status.api_url}`,
    `daemon   ${daemon}`,
    `nodes    ${status.nodes.length}`,
    ...nodes,
  ].join('\n');
};

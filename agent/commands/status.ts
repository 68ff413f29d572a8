/** `status`: what the state on disk says, without asking anybody and without any secret. */
import { profileNames } from '../../shared/proofs/protocol/parameters.ts';
import type { AgentRuntime } from '../runtime.ts';
import { getDaemon, requireDeviceState } from '../state/device-state.ts';
import { listNodes } from '../state/node-folder.ts';
import { isRunning } from '../state/process-identity.ts';
import { listKeptProofs } from '../state/proof-log.ts';

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
    proofs: listKeptProofs(runtime.stateFolder).map(({ receipt, gops, ...proof }) => ({
      ...proof,
      tops: gops === null ? null : gops / 1_000,
      has_receipt: receipt !== null,
    })),
  };
};

export type AgentStatus = ReturnType<typeof describeStatus>;

/** Of one processor, the newest first; a person wants to see the last few. */
const proofsShown = 3;

const lastProofs = (
  { proofs }: AgentStatus,
  processorId: string,
  gpuIndex: number | null,
): readonly string[] => {
  const name = gpuIndex === null ? 'cpu  ' : `gpu ${gpuIndex}`;
  return proofs
    .filter(({ processor_id }) => processor_id === processorId)
    .slice(0, proofsShown)
    .map((proof) => {
      const measured = proof.tops === null ? '' : `  ${proof.tops} TOPS`;
      const reason = proof.reason === null ? '' : `  ${proof.reason}`;
      const profile = profileNames[proof.profile];
      return `  ${name}  ${proof.at}  ${proof.purpose} (${profile})  ${proof.outcome}${measured}${reason}`;
    });
};

/** The same for people. */
export const formatStatus = (status: AgentStatus): string => {
  const daemon = status.daemon_pid === null ? 'not running' : `process ${status.daemon_pid}`;
  const nodes = status.nodes.map(
    (node) =>
      `  ${node.node_id}  ${node.role ?? 'unreadable'}  ${node.running ? 'running' : 'ended'}` +
      `  ports ${node.first_port ?? '-'}  cluster ${node.cluster_id ?? 'unknown'}`,
  );
  const processors = new Map(status.proofs.map((proof) => [proof.processor_id, proof.gpu_index]));
  const proofs = [...processors].flatMap(([processorId, gpuIndex]) =>
    lastProofs(status, processorId, gpuIndex),
  );
  return [
    `device   ${status.device_id} (${status.name})`,
    `address  ${status.address}:${status.agent_port}`,
    `platform ${status.api_url}`,
    `daemon   ${daemon}`,
    `nodes    ${status.nodes.length}`,
    ...nodes,
    `proofs   ${status.proofs.length === 0 ? 'none yet' : ''}`.trimEnd(),
    ...proofs,
  ].join('\n');
};

/**
 * The files of one node, `<state>/nodes/<node_id>/`. Each file has one writer: the agent writes
 * `node.json` (once) and `deadline.json`, the node's supervisor writes `process.json` and
 * `exit.json`. The folder outlives the agent; it is removed when the node's end was reported.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { nodeReasonCodes } from '../../shared/clusters/agent-protocol.ts';
import { idSchema } from '../../shared/core/ids.ts';
import { type FileContent, readJsonFile, validValue, writeJsonFile } from './json-file.ts';
import { isRunning, processIdentitySchema } from './process-identity.ts';
import { removeFolder } from './remove-folder.ts';

/** All that is needed to run the node, and to know it again after a restart. */
export const nodeRecordSchema = z.strictObject({
  version: z.literal(1),
  /** `test` nodes belong to no cluster and are ended by the next agent that finds them. */
  purpose: z.enum(['cluster', 'test']),
  node_id: idSchema('nod'),
  cluster_id: idSchema('clu'),
  command_id: idSchema('cmd'),
  role: z.enum(['head', 'worker']),
  address: z.ipv4(),
  head: z.strictObject({ address: z.string(), gcs_port: z.int() }).nullable(),
  cpus: z.int().min(0),
  gpus: z.int().min(0),
  gpu_indexes: z.array(z.int().min(0)),
  ray_executable: z.string(),
  /** Secret. */
  auth_token: z.string().min(32),
  object_store_bytes: z.int().min(1),
  memory_bytes: z.int().min(1),
  /** Ray's files and the cluster's HOME; removed at the end. Short: socket paths end at 107 bytes. */
  scratch_folder: z.string().max(40),
  ports: z.strictObject({ first: z.int(), last: z.int() }),
  /** Whether the customer lets the device run micro proofs while the node lives. */
  proof_consent: z.boolean().default(false),
});

/** When the supervisor ends the node by itself, on the machine's monotonic clock. */
export const deadlineSchema = z.strictObject({ stop_at_monotonic_ms: z.int().min(0) });

export const nodeProcessSchema = z.strictObject({
  supervisor: processIdentitySchema,
  /** First port of the node's block. */
  first_port: z.int(),
  /** Leads the process group of everything that Ray starts; null until it is started. */
  ray: processIdentitySchema.nullable(),
});

export const nodeExitSchema = z.strictObject({
  /** Null: it was asked to stop. */
  reason_code: z.enum(nodeReasonCodes).nullable(),
  detail: z.string().max(500).nullable(),
});

export type NodeRecord = z.infer<typeof nodeRecordSchema>;
export type NodeProcess = z.infer<typeof nodeProcessSchema>;
export type NodeExit = z.infer<typeof nodeExitSchema>;

/** What the files of a node say now. */
export interface NodeView {
  readonly nodeId: NodeRecord['node_id'];
  readonly record: FileContent<NodeRecord>;
  readonly process: NodeProcess | undefined;
  readonly exit: NodeExit | undefined;
  /** Whether the supervisor, and so the node, lives. */
  readonly running: boolean;
}

export const nodesFolder = (stateFolder: string): string => join(stateFolder, 'nodes');
export const nodeFolder = (stateFolder: string, nodeId: string): string =>
  join(nodesFolder(stateFolder), nodeId);

/** Paths inside a node's folder. */
export const nodeFiles = (folder: string) => ({
  record: join(folder, 'node.json'),
  deadline: join(folder, 'deadline.json'),
  process: join(folder, 'process.json'),
  exit: join(folder, 'exit.json'),
  log: join(folder, 'ray.log'),
});

const isNodeId = (text: string): text is NodeRecord['node_id'] =>
  idSchema('nod').safeParse(text).success;

/** Reads a node's files; undefined when there is no such node. */
export const viewNode = (stateFolder: string, nodeId: string): NodeView | undefined => {
  if (!isNodeId(nodeId)) return undefined;
  const files = nodeFiles(nodeFolder(stateFolder, nodeId));
  const record = readJsonFile(files.record, nodeRecordSchema);
  const process = validValue(readJsonFile(files.process, nodeProcessSchema));
  const exit = validValue(readJsonFile(files.exit, nodeExitSchema));
  if (record.kind === 'absent' && !process && !exit) return undefined;
  const running = !exit && process !== undefined && isRunning(process.supervisor);
  return { nodeId, record, process, exit, running };
};

const nodeIds = (stateFolder: string): readonly NodeRecord['node_id'][] => {
  try {
    return readdirSync(nodesFolder(stateFolder)).filter(isNodeId);
  } catch {
    return [];
  }
};

/** All nodes of this agent, the ended but unreported ones included. */
export const listNodes = (stateFolder: string): readonly NodeView[] =>
  nodeIds(stateFolder)
    .map((nodeId) => viewNode(stateFolder, nodeId))
    .filter((view): view is NodeView => view !== undefined);

/** Nodes whose agent died before it wrote their record: nothing of them was started. */
export const listUnstarted = (stateFolder: string): readonly NodeRecord['node_id'][] =>
  nodeIds(stateFolder).filter((nodeId) => viewNode(stateFolder, nodeId) === undefined);

/** Writes the node's record; its deadline must be written before, by saveDeadline. */
export const saveRecord = (stateFolder: string, record: NodeRecord): void =>
  writeJsonFile(nodeFiles(nodeFolder(stateFolder, record.node_id)).record, record);

export const saveDeadline = (
  stateFolder: string,
  nodeId: string,
  stopAtMonotonicMs: number,
): void =>
  writeJsonFile(nodeFiles(nodeFolder(stateFolder, nodeId)).deadline, {
    stop_at_monotonic_ms: Math.ceil(stopAtMonotonicMs),
  });

/** Removes the node's files, for ended and reported nodes only; answers as removeFolder does. */
export const forgetNode = (stateFolder: string, nodeId: string): string | undefined =>
  removeFolder(nodeFolder(stateFolder, nodeId));

/**
 * What the platform and a device's agent say to each other about nodes: commands down, reports up.
 * Commands may arrive more than once and in any order; `command_id` makes them idempotent. The same
 * messages travel over the WebSocket, in the answer of a heartbeat POST and from GET /v1/agent/commands.
 */
import * as z from 'zod';
import { idSchema } from '../core/ids.ts';
import { isoSchema } from '../core/wire.ts';
import { speedCommandMembers } from '../devices/speed-schemas.ts';
import {
  challengePurposes,
  hex32Schema,
  proofClaimSchema,
  proofParametersSchema,
} from '../proofs/schemas.ts';

/** Seconds between heartbeats of a device without and with a node, and between a head's Ray reports. */
export const idleHeartbeatSeconds = 300;
export const hiredHeartbeatSeconds = 15;
/** Seconds between polls of a device whose socket is down and that has no node. */
export const idlePollSeconds = 60;

const commandBase = {
  command_id: idSchema('cmd'),
  issued_at: isoSchema,
};

/** A short Ray head is started, answers and is stopped again; peers of the site are dialled. */
const testRaySchema = z
  .strictObject({
    ...commandBase,
    kind: z.literal('test_ray'),
    /** Devices of the same site to connect to, by the address that they registered. */
    peers: z
      .array(z.strictObject({ public_id: z.string(), address: z.string(), port: z.int() }))
      .max(3),
  })
  .meta({ id: 'TestRayCommand' });

/** The line between device and platform is measured; shared/devices/speed-schemas.ts says how. */
const testSpeedSchema = z
  .strictObject({
    ...commandBase,
    kind: z.literal('test_speed'),
    test_id: idSchema('spt'),
    ...speedCommandMembers,
  })
  .meta({ id: 'TestSpeedCommand' });

const startNodeSchema = z
  .strictObject({
    ...commandBase,
    kind: z.literal('start_node'),
    cluster_id: idSchema('clu'),
    node_id: idSchema('nod'),
    role: z.enum(['head', 'worker']),
    /** Where the head's GCS listens; null for the head itself. */
    head: z.strictObject({ address: z.string(), gcs_port: z.int() }).nullable(),
    /** What Ray may schedule on this node; both 0 on a head of its own. */
    cpus: z.int().min(0),
    gpus: z.int().min(0),
    /** Indexes of the hired GPUs, as the driver counts them. */
    gpu_indexes: z.array(z.int().min(0)).max(16),
    ray_version: z.string(),
    /** The cluster's token (RAY_AUTH_TOKEN). Secret: never logged. */
    auth_token: z.string().min(32),
    /** Seconds after receipt at which the agent ends the node by itself. */
    stop_after_seconds: z.int().min(1),
    /** Whether the customer lets this device run micro proofs while the node lives. */
    proof_consent: z.boolean(),
  })
  .meta({ id: 'StartNodeCommand' });

/** Moves the time at which the agent ends the node by itself. */
const keepNodeSchema = z
  .strictObject({
    ...commandBase,
    kind: z.literal('keep_node'),
    cluster_id: idSchema('clu'),
    node_id: idSchema('nod'),
    /** Seconds after receipt. */
    stop_after_seconds: z.int().min(1),
  })
  .meta({ id: 'KeepNodeCommand' });

const stopNodeSchema = z
  .strictObject({
    ...commandBase,
    kind: z.literal('stop_node'),
    cluster_id: idSchema('clu'),
    node_id: idSchema('nod'),
  })
  .meta({ id: 'StopNodeCommand' });

/** A processor proves what it can do, at once. */
const proveSchema = z
  .strictObject({
    ...commandBase,
    kind: z.literal('prove'),
    challenge_id: idSchema('chl'),
    /** 32 random bytes, from which the seed follows. */
    challenge: hex32Schema,
    purpose: z.enum(challengePurposes),
    processor_id: idSchema('prc'),
    /** As the driver counts GPUs; null for the CPU. */
    gpu_index: z.int().min(0).nullable(),
    claim: proofClaimSchema,
    params: proofParametersSchema,
    /** From issued_at on; a later commitment is refused and the challenge has failed. */
    commit_within_ms: z.int().min(1),
  })
  .meta({ id: 'ProveCommand' });

export const commandSchema = z.discriminatedUnion('kind', [
  testRaySchema,
  testSpeedSchema,
  startNodeSchema,
  keepNodeSchema,
  stopNodeSchema,
  proveSchema,
]);

/** A command to a device. */
export type Command = z.infer<typeof commandSchema>;
export type StartNodeCommand = z.infer<typeof startNodeSchema>;
export type TestSpeedCommand = z.infer<typeof testSpeedSchema>;
export type TestRayCommand = z.infer<typeof testRaySchema>;
export type ProveCommand = z.infer<typeof proveSchema>;

/** A message that the platform pushes through the socket. */
export const pushSchema = z.strictObject({
  type: z.literal('commands'),
  commands: z.array(commandSchema).max(100),
});

/** Where a node's services listen. Ports as in docs: one block of 100 per node. */
const nodePortsSchema = z.strictObject({
  gcs: z.int(),
  dashboard: z.int(),
  client: z.int(),
});

/** Why an agent did not do what a command asked. */
export const nodeReasonCodes = [
  'busy',
  'no_free_ports',
  'ray_version_missing',
  'ray_start_failed',
  'ray_exited',
  'disk_full',
  'stop_after_reached',
  'draining',
  'agent_restarted',
] as const;

/** What became of a start, keep or stop command. Sent once per change, repeated until answered. */
const nodeReportSchema = z
  .strictObject({
    kind: z.literal('node'),
    command_id: idSchema('cmd'),
    cluster_id: idSchema('clu'),
    node_id: idSchema('nod'),
    /** accepted: ports are taken; refused: nothing started; exited: it ended by itself; stopped: asked to. */
    state: z.enum(['accepted', 'refused', 'started', 'exited', 'stopped', 'kept']),
    address: z.string().nullable(),
    /** Set by a head from `accepted` on. */
    ports: nodePortsSchema.nullable(),
    reason_code: z.enum(nodeReasonCodes).nullable(),
    /** For people: what the agent saw, at most 500 characters, no secret. */
    detail: z.string().max(500).nullable(),
  })
  .meta({ id: 'NodeReport' });

/** What Ray itself lists, read by the head's agent over loopback: every second until running, then with each heartbeat. */
const rayReportSchema = z
  .strictObject({
    kind: z.literal('ray'),
    cluster_id: idSchema('clu'),
    /** The reporting head. */
    node_id: idSchema('nod'),
    nodes: z
      .array(
        z.strictObject({
          /** Our label on the Ray node. */
          node_id: idSchema('nod'),
          alive: z.boolean(),
          /** Ray's own words for a dead node. */
          state_message: z.string().max(500).nullable(),
          cpus: z.int().min(0),
          gpus: z.int().min(0),
        }),
      )
      .max(128),
  })
  .meta({ id: 'RayReport' });

/** The outcome of a test start. */
const testReportSchema = z
  .strictObject({
    kind: z.literal('test'),
    command_id: idSchema('cmd'),
    passed: z.boolean(),
    seconds: z.number().min(0).max(3600),
    ray_version: z.string().nullable(),
    python_version: z.string().nullable(),
    /** Whether the registered address can be dialled from the device itself. */
    address_reachable: z.boolean(),
    /** public_id of each peer that answered. */
    peers_reached: z.array(z.string()).max(3),
    detail: z.string().max(500).nullable(),
  })
  .meta({ id: 'TestReport' });

export const agentReportSchema = z.discriminatedUnion('kind', [
  nodeReportSchema,
  rayReportSchema,
  testReportSchema,
]);

/** What an agent reports. */
export type AgentReport = z.infer<typeof agentReportSchema>;
export type NodeReport = z.infer<typeof nodeReportSchema>;
export type RayReport = z.infer<typeof rayReportSchema>;
export type TestReport = z.infer<typeof testReportSchema>;

/** POST /v1/agent/reports. */
export const reportRequestSchema = z.strictObject({ report: agentReportSchema });
/** `stop`: the platform no longer wants this node; end it. */
export const reportAnswerSchema = z
  .strictObject({ answer: z.enum(['ok', 'stop']) })
  .meta({ id: 'ReportAnswer' });

/** GET /v1/agent/commands. */
export const commandsAnswerSchema = z
  .strictObject({ commands: z.array(commandSchema) })
  .meta({ id: 'AgentCommands' });

/** Messages that an agent sends through the socket; `action` is the route key. */
export const socketHeartbeatSchema = z.strictObject({
  action: z.literal('heartbeat'),
  device_id: idSchema('dev'),
});
export const socketReportSchema = z.strictObject({
  action: z.literal('report'),
  device_id: idSchema('dev'),
  report: agentReportSchema,
});

/**
 * What an agent sends to join the network and to be seen on it: registration and heartbeat.
 */
import * as z from 'zod';
import { commandSchema } from '../clusters/agent-protocol.ts';
import { idSchema } from '../core/ids.ts';
import { emptySchema, isoSchema, nameSchema } from '../core/wire.ts';
import { reportedHardwareSchema } from './hardware.ts';

/**
 * POST /v1/devices. Signed by the new key, keyid = the public key itself; the token is redeemed in the
 * same transaction, and again with the same key answers the same device.
 */
export const registerRequestSchema = z
  .strictObject({
    /** Secret, never logged. */
    join_token: z.string().min(20).max(100),
    /** Ed25519 public key, 32 bytes as base64. */
    public_key: z.base64().length(44),
    name: nameSchema,
    agent_version: z.string().max(32),
    isolation: z.enum(['process']),
    /** The device's address inside its site, and the port where its agent answers peers. */
    address: z.ipv4(),
    agent_port: z.int().min(1).max(65_535),
    hardware: reportedHardwareSchema,
  })
  .meta({ id: 'RegisterDevice' });

export const registerAnswerSchema = z
  .strictObject({
    device_id: idSchema('dev'),
    public_id: z.string(),
    site_id: idSchema('site'),
    /** Where to dial the WebSocket (signed like a request: GET, path "/", empty body). */
    socket_url: z.url(),
  })
  .meta({ id: 'RegisteredDevice' });

/** PUT /v1/agent/hardware, whenever the agent starts. */
export const reportHardwareSchema = z
  .strictObject({ hardware: reportedHardwareSchema, agent_version: z.string().max(32) })
  .meta({ id: 'ReportHardware' });
export const reportHardwareAnswerSchema = z
  .strictObject({
    /** Whether it is another machine than before, which has to show anew what it can. */
    verified_anew: z.boolean(),
  })
  .meta({ id: 'ReportedHardware' });

/** POST /v1/agent/heartbeat, used while the socket is down. */
export const heartbeatRequestSchema = emptySchema;
export const heartbeatAnswerSchema = z
  .strictObject({
    commands: z.array(commandSchema),
    server_time: isoSchema,
  })
  .meta({ id: 'HeartbeatAnswer' });

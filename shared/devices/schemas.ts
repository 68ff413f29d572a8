/** What crosses the boundary of the devices endpoints that people call; agents' forms stand apart. */
import * as z from 'zod';
import { idSchema } from '../core/ids.ts';
import { hourOf, isoOf, isoOrNull } from '../core/time.ts';
import { isoSchema, nameSchema } from '../core/wire.ts';
import { regionSchema } from '../market/regions.ts';
import { type Device, deviceReasons, deviceStatuses, verifyFailures } from './device.ts';
import { type DeviceEvent, deviceEventKinds } from './device-event.ts';
import { hardwareSchema } from './hardware.ts';
import { type JoinToken, joinTokenHoursMax, joinTokenUsesMax } from './join-token.ts';
import { minutesUp, type Presence } from './presence.ts';
import { type Readiness, readinessOf, readinessStates } from './readiness.ts';
import type { Site } from './site.ts';
import { tierSchema } from './speed-schemas.ts';
import type { Supplier } from './supplier.ts';

export const supplierSchema = z
  .strictObject({
    object: z.literal('supplier'),
    organisation_id: idSchema('org'),
    display_name: z.string().nullable(),
    contact_email: z.string().nullable(),
  })
  .meta({ id: 'Supplier' });

export const changeSupplierSchema = z.strictObject({
  display_name: nameSchema.nullable().optional(),
  contact_email: z.email().max(254).nullable().optional(),
});

export const siteSchema = z
  .strictObject({
    id: idSchema('site'),
    object: z.literal('site'),
    name: z.string(),
    region: regionSchema,
    created_at: isoSchema,
  })
  .meta({ id: 'Site' });

export const createSiteSchema = z.strictObject({ name: nameSchema, region: regionSchema });

export const joinTokenSchema = z
  .strictObject({
    id: idSchema('jtk'),
    object: z.literal('join_token'),
    site_id: idSchema('site'),
    name: z.string(),
    last_four: z.string(),
    uses: z.int(),
    max_uses: z.int(),
    created_at: isoSchema,
    expires_at: isoSchema,
    revoked_at: isoSchema.nullable(),
  })
  .meta({ id: 'JoinToken' });

export const createdJoinTokenSchema = joinTokenSchema
  .extend({
    /** The token itself, shown in this answer alone; null when the answer is a replay. */
    token: z.string().nullable(),
  })
  .meta({ id: 'CreatedJoinToken' });

export const createJoinTokenSchema = z.strictObject({
  site_id: idSchema('site'),
  name: nameSchema.default('join token'),
  /** Machines that it lets in. */
  max_uses: z.int().min(1).max(joinTokenUsesMax).default(1),
  expires_in_hours: z.int().min(1).max(joinTokenHoursMax).default(joinTokenHoursMax),
});

const readinessMembers = {
  state: z.enum(readinessStates),
  checklist: z.array(
    z.strictObject({
      check: z.string(),
      required: z.string(),
      actual: z.string(),
      passed: z.boolean(),
      remedy: z.string().nullable(),
    }),
  ),
};

export const readinessSchema = z
  .strictObject({ object: z.literal('readiness'), device_id: idSchema('dev'), ...readinessMembers })
  .meta({ id: 'Readiness' });

export const deviceSchema = z
  .strictObject({
    id: idSchema('dev'),
    object: z.literal('device'),
    public_id: z.string(),
    site_id: idSchema('site'),
    region: regionSchema,
    name: z.string(),
    status: z.enum(deviceStatuses),
    status_reason: z.enum(deviceReasons),
    readiness: z.enum(readinessStates),
    /** The catalogue's model that it is offered as, and how many processors of it. */
    model: z.string(),
    processor_kind: z.enum(['cpu', 'gpu']),
    processor_count: z.int(),
    hardware: hardwareSchema,
    address: z.string(),
    agent_port: z.int(),
    isolation: z.enum(['process']),
    agent_version: z.string(),
    ray_version: z.string().nullable(),
    python_version: z.string().nullable(),
    ray_tested_at: isoSchema.nullable(),
    /** What the last speed test said about its line to the platform; null before the first. */
    connectivity: z
      .strictObject({
        tier: tierSchema,
        down_kbps: z.int(),
        up_kbps: z.int(),
        tested_at: isoSchema,
      })
      .nullable(),
    verification: z.strictObject({
      /** What was shown before this time proves nothing; it lies ahead after a strike. */
      from: isoSchema,
      proved_at: isoSchema.nullable(),
      /** 10^9 operations per second that its processors reached together; null if never measured. */
      gops: z.int().nullable(),
      failure: z.enum(verifyFailures).nullable(),
    }),
    /**
     * Whether the customer who has it lets it prove itself meanwhile; without that it earns no block reward
     * for the hire. Null while it is free.
     */
    hired_proof_consent: z.boolean().nullable(),
    presence: z.strictObject({
      last_seen_at: isoSchema.nullable(),
      /** Whole minutes seen up in the hour that runs, and in the one before. */
      minutes_up_this_hour: z.int(),
      minutes_up_last_hour: z.int(),
    }),
    created_at: isoSchema,
  })
  .meta({ id: 'Device' });

export const renameDeviceSchema = z.strictObject({ name: nameSchema });

export const deviceEventSchema = z
  .strictObject({
    object: z.literal('device_event'),
    device_id: idSchema('dev'),
    /** The device's version after the change; grows with each event. */
    sequence: z.int(),
    kind: z.enum(deviceEventKinds),
    from: z.enum(deviceStatuses).nullable(),
    to: z.enum(deviceStatuses),
    reason_code: z.enum(deviceReasons),
    actor: z.string(),
    evidence: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
    at: isoSchema,
  })
  .meta({ id: 'DeviceEvent' });

export const supplierToJson = (
  organisationId: z.output<typeof supplierSchema>['organisation_id'],
  supplier: Supplier,
): z.output<typeof supplierSchema> => ({
  object: 'supplier',
  organisation_id: organisationId,
  display_name: supplier.displayName,
  contact_email: supplier.contactEmail,
});

export const siteToJson = (site: Site): z.output<typeof siteSchema> => ({
  id: site.id,
  object: 'site',
  name: site.name,
  region: site.region,
  created_at: isoOf(site.createdAtMs),
});

export const joinTokenToJson = (token: JoinToken): z.output<typeof joinTokenSchema> => ({
  id: token.id,
  object: 'join_token',
  site_id: token.siteId,
  name: token.name,
  last_four: token.lastFour,
  uses: token.uses,
  max_uses: token.usesMax,
  created_at: isoOf(token.createdAtMs),
  expires_at: isoOf(token.expiresAtMs),
  revoked_at: isoOrNull(token.revokedAtMs),
});

export const readinessToJson = (
  device: Device,
  readiness: Readiness,
): z.output<typeof readinessSchema> => ({
  object: 'readiness',
  device_id: device.id,
  state: readiness.state,
  checklist: [...readiness.checklist],
});

export const deviceToJson = (
  device: Device,
  presence: Presence | undefined,
  nowMs: number,
): z.output<typeof deviceSchema> => ({
  id: device.id,
  object: 'device',
  public_id: device.publicId,
  site_id: device.siteId,
  region: device.region,
  name: device.name,
  status: device.status,
  status_reason: device.statusReason,
  readiness: readinessOf(device, presence, nowMs).state,
  model: device.model,
  processor_kind: device.processorKind,
  processor_count: device.processorCount,
  hardware: device.hardware,
  address: device.address,
  agent_port: device.agentPort,
  isolation: device.isolation,
  agent_version: device.agentVersion,
  ray_version: device.rayVersion,
  python_version: device.pythonVersion,
  ray_tested_at: isoOrNull(device.rayTestedAtMs),
  connectivity: connectivityToJson(device),
  verification: {
    from: isoOf(device.verifyFromMs),
    proved_at: isoOrNull(device.provedAtMs),
    gops: device.provedGops,
    failure: device.verifyFailure,
  },
  hired_proof_consent: device.hiredConsent,
  presence: {
    last_seen_at: isoOrNull(presence?.lastSeenMs),
    minutes_up_this_hour: presence ? minutesUp(presence, hourOf(nowMs)) : 0,
    minutes_up_last_hour: presence ? minutesUp(presence, hourOf(nowMs) - 1) : 0,
  },
  created_at: isoOf(device.createdAtMs),
});

const connectivityToJson = (device: Device): z.output<typeof deviceSchema>['connectivity'] => {
  const { connectivityTier: tier, downKbps, upKbps, speedTestedAtMs } = device;
  if (tier === null || downKbps === null || upKbps === null) return null;
  return { tier, down_kbps: downKbps, up_kbps: upKbps, tested_at: isoOf(speedTestedAtMs ?? 0) };
};

export const deviceEventToJson = (event: DeviceEvent): z.output<typeof deviceEventSchema> => ({
  object: 'device_event',
  device_id: event.deviceId,
  sequence: event.version,
  kind: event.kind,
  from: event.from,
  to: event.to,
  reason_code: event.reason,
  actor: event.actor,
  evidence: event.evidence,
  at: isoOf(event.atMs),
});

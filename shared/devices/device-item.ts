/** The stored form of a device: what its item in the devices table holds, both ways. */
import * as z from 'zod';
import { assert } from '../core/assert.ts';
import type { Item } from '../core/database.ts';
import { storedId, wholeNumber } from '../core/field.ts';
import type { Id } from '../core/ids.ts';
import { regions } from '../market/regions.ts';
import {
  assertDevice,
  type ConnectivityTier,
  connectivityTiers,
  type Device,
  deviceReasons,
  deviceStatuses,
  verifyFailures,
} from './device.ts';
import { hardwareSchema } from './hardware.ts';
import { deviceKey, offerAttributes } from './keys.ts';

const stored = z.object({
  id: storedId<Id<'dev'>>(),
  public_id: z.string(),
  organisation_id: storedId<Id<'org'>>(),
  site_id: storedId<Id<'site'>>(),
  region: z.enum(regions),
  name: z.string(),
  status: z.enum(deviceStatuses),
  reason_code: z.enum(deviceReasons),
  version: wholeNumber,
  public_key: z.string(),
  hardware: z.string(),
  model: z.string(),
  processor_kind: z.enum(['cpu', 'gpu']),
  processor_count: wholeNumber,
  gpu_indexes: z.array(wholeNumber),
  cpus: wholeNumber,
  address: z.string(),
  agent_port: wholeNumber,
  isolation: z.enum(['process']),
  agent_version: z.string(),
  ray_version: z.string().optional(),
  python_version: z.string().optional(),
  ray_tested_at_ms: wholeNumber.optional(),
  ray_test_passed: z.boolean(),
  address_reachable: z.boolean(),
  connectivity_tier: wholeNumber.optional(),
  speed_tested_at_ms: wholeNumber.optional(),
  down_kbps: wholeNumber.optional(),
  up_kbps: wholeNumber.optional(),
  proved_at_ms: wholeNumber.optional(),
  proved_gops: wholeNumber.optional(),
  verify_from_ms: wholeNumber.optional(),
  verify_failure: z.enum(verifyFailures).optional(),
  hired_by: storedId<Id<'clu'>>().optional(),
  hired_node: storedId<Id<'nod'>>().optional(),
  hired_at_ms: wholeNumber.optional(),
  hired_consent: z.boolean().optional(),
  created_at_ms: wholeNumber,
});

const tierOrNull = (stored: number | undefined): ConnectivityTier | null => {
  if (stored === undefined) return null;
  const tier = connectivityTiers.find((known) => known === stored);
  assert(tier !== undefined, `no speed class ${stored}`);
  return tier;
};

/** The device in its item. */
export const parseDevice = (item: Item): Device => {
  const row = stored.parse(item);
  return assertDevice({
    id: row.id,
    publicId: row.public_id,
    organisationId: row.organisation_id,
    siteId: row.site_id,
    region: row.region,
    name: row.name,
    status: row.status,
    statusReason: row.reason_code,
    version: row.version,
    publicKey: row.public_key,
    hardware: hardwareSchema.parse(JSON.parse(row.hardware)),
    model: row.model,
    processorKind: row.processor_kind,
    processorCount: row.processor_count,
    gpuIndexes: row.gpu_indexes,
    cpus: row.cpus,
    address: row.address,
    agentPort: row.agent_port,
    isolation: row.isolation,
    agentVersion: row.agent_version,
    rayVersion: row.ray_version ?? null,
    pythonVersion: row.python_version ?? null,
    rayTestedAtMs: row.ray_tested_at_ms ?? null,
    rayTestPassed: row.ray_test_passed,
    addressReachable: row.address_reachable,
    connectivityTier: tierOrNull(row.connectivity_tier),
    speedTestedAtMs: row.speed_tested_at_ms ?? null,
    downKbps: row.down_kbps ?? null,
    upKbps: row.up_kbps ?? null,
    provedAtMs: row.proved_at_ms ?? null,
    provedGops: row.proved_gops ?? null,
    verifyFromMs: row.verify_from_ms ?? row.created_at_ms,
    verifyFailure: row.verify_failure ?? null,
    hiredBy: row.hired_by ?? null,
    hiredNode: row.hired_node ?? null,
    hiredAtMs: row.hired_at_ms ?? null,
    hiredConsent: row.hired_consent ?? null,
    createdAtMs: row.created_at_ms,
  });
};

/** The device that an item of the table holds; undefined for items of other kinds. */
export const readDevice = (item: Item): Device | undefined =>
  item.sk === deviceKey('').sk ? parseDevice(item) : undefined;

/** The attributes of its item, its place in the indexes among them. */
export const attributesOf = (device: Device) => ({
  id: device.id,
  public_id: device.publicId,
  organisation_id: device.organisationId,
  site_id: device.siteId,
  region: device.region,
  name: device.name,
  status: device.status,
  reason_code: device.statusReason,
  version: device.version,
  public_key: device.publicKey,
  hardware: JSON.stringify(device.hardware),
  model: device.model,
  processor_kind: device.processorKind,
  processor_count: device.processorCount,
  gpu_indexes: device.gpuIndexes,
  cpus: device.cpus,
  address: device.address,
  agent_port: device.agentPort,
  isolation: device.isolation,
  agent_version: device.agentVersion,
  ray_version: device.rayVersion ?? undefined,
  python_version: device.pythonVersion ?? undefined,
  ray_tested_at_ms: device.rayTestedAtMs ?? undefined,
  ray_test_passed: device.rayTestPassed,
  address_reachable: device.addressReachable,
  connectivity_tier: device.connectivityTier ?? undefined,
  speed_tested_at_ms: device.speedTestedAtMs ?? undefined,
  down_kbps: device.downKbps ?? undefined,
  up_kbps: device.upKbps ?? undefined,
  proved_at_ms: device.provedAtMs ?? undefined,
  proved_gops: device.provedGops ?? undefined,
  verify_from_ms: device.verifyFromMs,
  verify_failure: device.verifyFailure ?? undefined,
  hired_by: device.hiredBy ?? undefined,
  hired_node: device.hiredNode ?? undefined,
  hired_at_ms: device.hiredAtMs ?? undefined,
  hired_consent: device.hiredConsent ?? undefined,
  created_at_ms: device.createdAtMs,
  owner: device.organisationId,
  owner_sk: `DEVICE#${device.id}`,
  ...offerAttributes(device),
});

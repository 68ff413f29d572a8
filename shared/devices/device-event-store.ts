/** Events of devices in the devices table; its stream reads them from there. */
import * as z from 'zod';
import type { Database, Item, Write } from '../core/database.ts';
import { storedId, wholeNumber } from '../core/field.ts';
import type { Id } from '../core/ids.ts';
import { deviceReasons, deviceStatuses } from './device.ts';
import { type DeviceEvent, deviceEventKinds } from './device-event.ts';
import { deviceEventKey, deviceEventPrefix, deviceKey } from './keys.ts';

const stored = z.object({
  device_id: storedId<Id<'dev'>>(),
  version: wholeNumber,
  kind: z.enum(deviceEventKinds),
  from: z.enum(deviceStatuses).nullable(),
  to: z.enum(deviceStatuses),
  reason_code: z.enum(deviceReasons),
  actor: z.string(),
  evidence: z.record(z.string(), z.union([z.string(), wholeNumber, z.boolean(), z.null()])),
  at_ms: wholeNumber,
});

const parse = (item: Item): DeviceEvent => {
  const row = stored.parse(item);
  return {
    deviceId: row.device_id,
    version: row.version,
    kind: row.kind,
    from: row.from,
    to: row.to,
    reason: row.reason_code,
    actor: row.actor,
    evidence: row.evidence,
    atMs: row.at_ms,
  };
};

/** Records the event; there is one per version of a device. */
export const putDeviceEvent = (event: DeviceEvent): Write => ({
  kind: 'put',
  table: 'devices',
  key: deviceEventKey(event.deviceId, event.version),
  attributes: {
    device_id: event.deviceId,
    version: event.version,
    kind: event.kind,
    from: event.from,
    to: event.to,
    reason_code: event.reason,
    actor: event.actor,
    evidence: event.evidence,
    at_ms: event.atMs,
  },
  condition: { exists: false },
});

/** Events of a device, newest first. */
export const listDeviceEvents = async (
  database: Database,
  deviceId: string,
  page: { readonly limit: number; readonly cursor?: string | undefined },
) => {
  const found = await database.query('devices', {
    pk: deviceKey(deviceId).pk,
    skPrefix: deviceEventPrefix,
    descending: true,
    ...page,
  });
  return { events: found.items.map(parse), next: found.next };
};

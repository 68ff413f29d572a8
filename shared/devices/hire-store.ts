/**
 * Past hires in the devices table, beside their device: written once, in the transaction that lets go of
 * the device, and never changed. Hires of a device do not overlap, so their ends sort them in time.
 */
import * as z from 'zod';
import { present } from '../core/assert.ts';
import type { Database, Item, Write } from '../core/database.ts';
import { storedId, wholeNumber } from '../core/field.ts';
import type { Id } from '../core/ids.ts';
import type { Device } from './device.ts';
import type { PastHire } from './hire.ts';
import { deviceKey, pastHireEnd, pastHireKey, pastHireStart } from './keys.ts';

const stored = z.object({
  cluster_id: storedId<Id<'clu'>>(),
  node_id: storedId<Id<'nod'>>(),
  from_ms: wholeNumber,
  until_ms: wholeNumber,
  proof_consent: z.boolean(),
});

const parse = (item: Item): PastHire => {
  const row = stored.parse(item);
  return {
    clusterId: row.cluster_id,
    nodeId: row.node_id,
    fromMs: row.from_ms,
    untilMs: row.until_ms,
    proofConsent: row.proof_consent,
  };
};

/** Remembers the hire of a device that ends now. */
export const putPastHire = (device: Device, nowMs: number): Write => {
  const nodeId = present(device.hiredNode, `${device.id} is not hired`);
  return {
    kind: 'put',
    table: 'devices',
    key: pastHireKey(device.id, nowMs, nodeId),
    attributes: {
      cluster_id: device.hiredBy,
      node_id: nodeId,
      from_ms: device.hiredAtMs,
      until_ms: nowMs,
      proof_consent: device.hiredConsent,
    },
    condition: { exists: false },
  };
};

/** Past hires of the device that were not over at that time, oldest first, at most 1,000. */
export const listPastHires = async (
  database: Database,
  deviceId: string,
  sinceMs: number,
): Promise<readonly PastHire[]> => {
  const page = await database.query('devices', {
    pk: deviceKey(deviceId).pk,
    skFrom: pastHireStart(sinceMs),
    skTo: pastHireEnd,
    limit: 1_000,
  });
  return page.items.map(parse);
};

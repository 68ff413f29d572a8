/**
 * Places in the proofs table, one per device, in shards, so that the hourly judging goes through all
 * devices by going through their places.
 */
import * as z from 'zod';
import type { Database, Item, Write } from '../core/database.ts';
import { storedId, wholeNumber } from '../core/field.ts';
import type { Id } from '../core/ids.ts';
import { placeKey, placePartition } from './keys.ts';
import type { Place } from './place.ts';

/** Places per page of a shard. */
const pageSize = 100;

const stored = z.object({
  device_id: storedId<Id<'dev'>>(),
  steps: z.array(
    z.object({
      from_ms: wholeNumber,
      cohort: z.string(),
      group: z.string(),
      parts: wholeNumber,
    }),
  ),
  group_pinned: z.boolean(),
  version: wholeNumber,
});

const parse = (item: Item): Place => {
  const row = stored.parse(item);
  return {
    deviceId: row.device_id,
    value: {
      steps: row.steps.map(({ from_ms, cohort, group, parts }) => ({
        fromMs: from_ms,
        value: { cohort, group, parts },
      })),
    },
    groupPinned: row.group_pinned,
    version: row.version,
  };
};

/** Writes the place: a first one where there is none, a changed one at the version before it. */
export const putPlace = (place: Place): Write => ({
  kind: 'put',
  table: 'proofs',
  key: placeKey(place.deviceId),
  attributes: {
    device_id: place.deviceId,
    steps: place.value.steps.map(({ fromMs, value }) => ({ from_ms: fromMs, ...value })),
    group_pinned: place.groupPinned,
    version: place.version,
  },
  condition: place.version === 1 ? { exists: false } : { equals: { version: place.version - 1 } },
});

/** Ends the place of a device that is gone for good. */
export const deletePlace = (deviceId: string): Write => ({
  kind: 'delete',
  table: 'proofs',
  key: placeKey(deviceId),
  condition: {},
});

/** The device's place; undefined until the platform has seen it. */
export const getPlace = async (
  database: Database,
  deviceId: string,
): Promise<Place | undefined> => {
  const item = await database.get('proofs', placeKey(deviceId));
  return item && parse(item);
};

/** Places of these devices, in no particular order; devices without one are left out. */
export const getPlaces = async (
  database: Database,
  deviceIds: readonly string[],
): Promise<readonly Place[]> => {
  const places: Place[] = [];
  for (let start = 0; start < deviceIds.length; start += 100) {
    const keys = deviceIds.slice(start, start + 100).map(placeKey);
    places.push(...(await database.getMany('proofs', keys)).map(parse));
  }
  return places;
};

/** A page of one shard of all places, in the order of device ids. */
export const listPlaces = async (
  database: Database,
  shard: number,
  cursor?: string,
): Promise<{ readonly places: readonly Place[]; readonly next: string | undefined }> => {
  const query = { pk: placePartition(shard), limit: pageSize, cursor };
  const found = await database.query('proofs', query);
  return { places: found.items.map(parse), next: found.next };
};

/**
 * Where a device is seen: its place, made when it is seen for the first time, and moved to the network
 * that its requests come from. What changes holds from the next full hour on.
 */
import { type Database, WriteRefused } from '../../shared/core/database.ts';
import type { Device } from '../../shared/devices/device.ts';
import { getCohortOf } from '../../shared/proofs/cohort-store.ts';
import { firstPlace, groupOfAddress, type Place, seenPlace } from '../../shared/proofs/place.ts';
import { getPlace, putPlace } from '../../shared/proofs/place-store.ts';
import type { Runtime } from '../kit/runtime.ts';

/** The device's place, after a request of it came from this address. */
export const seeDevice = async (
  needs: Pick<Runtime, 'database'>,
  device: Device,
  sourceIp: string,
  nowMs: number,
): Promise<Place> => {
  const group = groupOfAddress(sourceIp);
  const known = await getPlace(needs.database, device.id);
  const place = known
    ? seenPlace(known, group, nowMs)
    : await newPlace(needs.database, device, group);
  if (place === known) return place;
  try {
    await needs.database.write(putPlace(place));
    return place;
  } catch (error) {
    if (!(error instanceof WriteRefused)) throw error;
    // Somebody else wrote it in between; where it was seen is looked at again with the next request.
    return (await getPlace(needs.database, device.id)) ?? place;
  }
};

const newPlace = async (database: Database, device: Device, group: string): Promise<Place> => {
  const { id: cohort, parts } = await getCohortOf(database, device.organisationId);
  return firstPlace(device.id, { cohort, parts, group });
};

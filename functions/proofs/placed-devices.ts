/**
 * Devices with all that calling and judging them needs: their places, their processors and the records of
 * these. Read for a page of places at once, for a run goes through the places of all devices.
 */
import type { Database } from '../../shared/core/database.ts';
import type { Device } from '../../shared/devices/device.ts';
import { getDevices } from '../../shared/devices/device-store.ts';
import { placeShards } from '../../shared/proofs/keys.ts';
import type { Place } from '../../shared/proofs/place.ts';
import { listPlaces } from '../../shared/proofs/place-store.ts';
import { type Processor, processorsOf } from '../../shared/proofs/processor.ts';
import type { ProcessorRecord } from '../../shared/proofs/processor-record.ts';
import { getProcessorRecords } from '../../shared/proofs/processor-record-store.ts';

export interface PlacedDevice {
  readonly device: Device;
  readonly place: Place;
  /** Its processors that a proof was made of before, each with its record. */
  readonly processors: readonly {
    readonly processor: Processor;
    readonly record: ProcessorRecord;
  }[];
}

export interface PlacedPage {
  readonly placed: readonly PlacedDevice[];
  /** Devices that are gone for good, and have a place until their last hour is judged. */
  readonly gone: readonly PlacedDevice[];
}

/** The devices of these places, at most 100. */
const loadPlaced = async (database: Database, places: readonly Place[]): Promise<PlacedPage> => {
  const devices = await getDevices(
    database,
    places.map(({ deviceId }) => deviceId),
  );
  const known = new Map(devices.map((one) => [one.id, one] as const));
  const processors = devices.flatMap(processorsOf);
  const found = await getProcessorRecords(database, processors);
  const records = new Map(found.map((record) => [record.processorId, record] as const));
  const all = places.flatMap((place) => {
    const device = known.get(place.deviceId);
    if (!device) return [];
    const proved = processorsOf(device).flatMap((processor) => {
      const record = records.get(processor.id);
      return record ? [{ processor, record }] : [];
    });
    return [{ device, place, processors: proved }];
  });
  return {
    placed: all.filter(({ device }) => device.status !== 'terminated'),
    gone: all.filter(({ device }) => device.status === 'terminated'),
  };
};

/** Lanes that go through the shards side by side; one would wait for the database most of the time. */
const lanes = 16;
/** Pages of 100 places, per shard: 6.4 million devices in all. */
const pagesMax = 1_000;

/** Runs `work` for every page of all places. Rejects when a page cannot be read. */
export const forEachPlaced = async (
  database: Database,
  work: (page: PlacedPage) => Promise<void>,
): Promise<void> => {
  const goThrough = async (lane: number): Promise<void> => {
    for (let shard = lane; shard < placeShards; shard += lanes) {
      let cursor: string | undefined;
      for (let page = 0; page < pagesMax; page += 1) {
        const { places, next } = await listPlaces(database, shard, cursor);
        if (places.length > 0) await work(await loadPlaced(database, places));
        cursor = next;
        if (cursor === undefined) break;
      }
    }
  };
  await Promise.all(Array.from({ length: lanes }, (_, lane) => goThrough(lane)));
};

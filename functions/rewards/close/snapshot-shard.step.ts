/**
 * Step `snapshot-shard` of close-epoch: reads one in sixteen of all devices, nominates, and fixes the outcome.
 * What was fixed first stays: whatever changes afterwards changes nothing in the hour. Refuses an hour that was not
 * opened, and nominates nobody in one that was opened too late to know who was up.
 */
import { present } from '../../../shared/core/assert.ts';
import { type Database, WriteRefused } from '../../../shared/core/database.ts';
import { placeShards } from '../../../shared/proofs/keys.ts';
import { listPlaces } from '../../../shared/proofs/place-store.ts';
import { isForgotten } from '../../../shared/rewards/epoch.ts';
import { nominate } from '../../../shared/rewards/nomination.ts';
import { rewardPolicyAt } from '../../../shared/rewards/policy.ts';
import { isHeld } from '../../../shared/rewards/receivers.ts';
import {
  type SnapshotEntry,
  snapshotShards,
  snapshotTextOf,
} from '../../../shared/rewards/snapshot.ts';
import { getSnapshotShard, putSnapshotShard } from '../../../shared/rewards/snapshot-store.ts';
import { putDocument } from '../../../shared/rewards/statement-store.ts';
import type { RewardsNeeds } from '../rewards-needs.ts';
import { type EpochOutcome, type EpochStepInput, requireEpoch } from './epoch-step.ts';
import {
  type HourToLoad,
  type LoadedDevice,
  loadDeviceHours,
  walletsOf,
} from './load-device-hours.ts';

export const snapshotShardStep = async (
  needs: RewardsNeeds,
  input: EpochStepInput,
): Promise<EpochOutcome> => {
  const { database, statements, stage } = needs;
  // What is fixed stays: of an hour that was not opened, by a wrong name or before its end, nothing may be.
  const epoch = await requireEpoch(needs, input);
  const { id: epoch_id, startMs } = epoch;
  const kept = { outcome: 'kept', epoch_id, items: [] };
  const shard = present(input.item, 'no shard was named');
  if (await getSnapshotShard(database, epoch_id, shard)) return kept;
  const policy = rewardPolicyAt(stage, startMs);
  const wallets = walletsOf(database, startMs);
  const hour = { startMs, policy, wallets };
  const entries = isForgotten(epoch) ? [] : await nominateShard(database, shard, hour);
  const hash = await putDocument(statements, epoch_id, snapshotTextOf(entries));
  try {
    await database.write(putSnapshotShard(epoch_id, { shard, hash, entries: entries.length }));
  } catch (error) {
    // Somebody else's was first.
    if (!(error instanceof WriteRefused)) throw error;
  }
  return kept;
};

/** Pages of 100 places of a shard. */
const pagesMax = 1_000;

/** The entries of all devices of the shard, whose places are read side by side. */
const nominateShard = async (
  database: Database,
  shard: number,
  hour: HourToLoad,
): Promise<readonly SnapshotEntry[]> => {
  const lanes = Array.from(
    { length: placeShards / snapshotShards },
    (_, index) => shard + index * snapshotShards,
  );
  const read = await Promise.all(lanes.map((lane) => nominatePlaces(database, lane, hour)));
  return read.flat();
};

const nominatePlaces = async (
  database: Database,
  placeShard: number,
  hour: HourToLoad,
): Promise<readonly SnapshotEntry[]> => {
  const entries: SnapshotEntry[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < pagesMax; page += 1) {
    const { places, next } = await listPlaces(database, placeShard, cursor);
    const ids = places.map(({ deviceId }) => deviceId);
    const loaded = ids.length === 0 ? [] : await loadDeviceHours(database, ids, hour);
    for (const one of loaded) entries.push(...entriesOf(one, hour));
    if (next === undefined) return entries;
    cursor = next;
  }
  throw new Error(`more than ${pagesMax} pages of places in shard ${placeShard}`);
};

const entriesOf = (
  { device, hour }: LoadedDevice,
  { startMs, policy }: HourToLoad,
): readonly SnapshotEntry[] =>
  nominate(hour, policy).map((entry) => ({
    ...entry,
    deviceId: device.id,
    organisationId: device.organisationId,
    held: isHeld(hour.firstRewardedMs, startMs, policy),
    first: hour.firstRewardedMs === null && entry.score > 0n,
  }));

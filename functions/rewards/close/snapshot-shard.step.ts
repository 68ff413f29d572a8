/**
 * Step `snapshot-shard` of close-epoch: reads one in sixteen of all devices, nominates, and fixes the outcome.
 * What was fixed first stays: whatever changes afterwards changes nothing in the hour. Refuses an hour that was not
 * opened, and nominates nobody in one that was opened too late to know who was up. A device of which something cannot
 * be read is left out, which rings: it must not stop the hours of all others.
 */
import * as z from 'zod';
import { assert, BugError, present } from '../../../shared/core/assert.ts';
import { WriteRefused } from '../../../shared/core/database.ts';
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
  const { entries, leftOut } = isForgotten(epoch)
    ? nobody
    : await nominateShard(needs, shard, hour);
  assert(leftOut <= leftOutMax, `${leftOut} devices of shard ${shard} cannot be read`);
  const hash = await putDocument(statements, epoch_id, snapshotTextOf(entries));
  const fixed = { shard, hash, entries: entries.length, leftOut };
  try {
    await database.write(putSnapshotShard(epoch_id, fixed));
  } catch (error) {
    // Somebody else's was first.
    if (!(error instanceof WriteRefused)) throw error;
  }
  return kept;
};

/** Pages of 100 places of a shard. */
const pagesMax = 1_000;
/** More in a shard is no bad item but a fault of ours: then the hour waits for it to be mended. */
const leftOutMax = 10;

interface Nominated {
  readonly entries: readonly SnapshotEntry[];
  readonly leftOut: number;
}

const nobody: Nominated = { entries: [], leftOut: 0 };

const together = (parts: readonly Nominated[]): Nominated => ({
  entries: parts.flatMap(({ entries }) => entries),
  leftOut: parts.reduce((sum, { leftOut }) => sum + leftOut, 0),
});

type Reader = Pick<RewardsNeeds, 'database' | 'log'>;

/** The entries of all devices of the shard, whose places are read side by side. */
const nominateShard = async (
  needs: Reader,
  shard: number,
  hour: HourToLoad,
): Promise<Nominated> => {
  const lanes = Array.from(
    { length: placeShards / snapshotShards },
    (_, index) => shard + index * snapshotShards,
  );
  return together(await Promise.all(lanes.map((lane) => nominatePlaces(needs, lane, hour))));
};

const nominatePlaces = async (
  needs: Reader,
  placeShard: number,
  hour: HourToLoad,
): Promise<Nominated> => {
  const pages: Nominated[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < pagesMax; page += 1) {
    const { places, next } = await listPlaces(needs.database, placeShard, cursor);
    const ids = places.map(({ deviceId }) => deviceId);
    if (ids.length > 0) pages.push(await nominateDevices(needs, ids, hour));
    if (next === undefined) return together(pages);
    cursor = next;
  }
  throw new Error(`more than ${pagesMax} pages of places in shard ${placeShard}`);
};

/** Whether what was read is not what may be there; a database that does not answer is no such thing. */
const isUnreadable = (error: unknown): boolean =>
  error instanceof BugError || error instanceof z.ZodError;

/** All at once, or where something cannot be read one by one, without those that it is of. */
const nominateDevices = async (
  needs: Reader,
  ids: readonly string[],
  hour: HourToLoad,
): Promise<Nominated> => {
  try {
    const loaded = await loadDeviceHours(needs.database, ids, hour);
    return { entries: loaded.flatMap((one) => entriesOf(one, hour)), leftOut: 0 };
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    const [id, ...others] = ids;
    if (id !== undefined && others.length === 0) {
      needs.log.error('rewards.device_left_out', { device_id: id, error });
      return { entries: [], leftOut: 1 };
    }
    const parts: Nominated[] = [];
    for (const one of ids) parts.push(await nominateDevices(needs, [one], hour));
    return together(parts);
  }
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

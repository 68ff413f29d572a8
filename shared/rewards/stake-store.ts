/**
 * Stakes in the rewards table: one item per device, put at its next version over the one that was read. Every
 * change is written in the ledger's own transaction, so that what counts here is what is there. Cooldowns are
 * listed beside it by when they end.
 */
import * as z from 'zod';
import type { Database, Item, Write } from '../core/database.ts';
import { storedId, units, wholeNumber } from '../core/field.ts';
import type { Id } from '../core/ids.ts';
import { isoOf } from '../core/time.ts';
import { assertStake, type Cooldown, type DeviceStake } from './device-stake.ts';
import {
  cooldownKey,
  cooldownPartition,
  stakedKey,
  stakedKeys,
  stakeKey,
  stakeOwnerKey,
  stakeOwnerPrefix,
} from './keys.ts';

const stored = z.object({
  device_id: storedId<Id<'dev'>>(),
  owner: z.string(),
  active_units: units,
  cooldowns: z.array(
    z.object({
      unstake_id: storedId<Id<'ust'>>(),
      units,
      started_at_ms: wholeNumber,
      ends_at_ms: wholeNumber,
    }),
  ),
  levels: z.array(z.object({ at_ms: wholeNumber, active_units: units })),
  v: wholeNumber,
});

const parse = (item: Item): DeviceStake => {
  const row = stored.parse(item);
  return assertStake({
    deviceId: row.device_id,
    organisation: row.owner,
    activeUnits: row.active_units,
    cooldowns: row.cooldowns.map((each) => ({
      unstakeId: each.unstake_id,
      units: each.units,
      startedAtMs: each.started_at_ms,
      endsAtMs: each.ends_at_ms,
    })),
    levels: row.levels.map((each) => ({ atMs: each.at_ms, activeUnits: each.active_units })),
    version: row.v,
  });
};

/** Puts the stake at its version, over the version before it; the first one if there is none. */
export const putStake = (stake: DeviceStake): Write => ({
  kind: 'put',
  table: 'rewards',
  key: stakeKey(stake.deviceId),
  attributes: {
    owner: stake.organisation,
    owner_sk: stakeOwnerKey(stake.deviceId),
    device_id: stake.deviceId,
    active_units: assertStake(stake).activeUnits,
    cooldowns: stake.cooldowns.map((each) => ({
      unstake_id: each.unstakeId,
      units: each.units,
      started_at_ms: each.startedAtMs,
      ends_at_ms: each.endsAtMs,
    })),
    levels: stake.levels.map((each) => ({ at_ms: each.atMs, active_units: each.activeUnits })),
    v: stake.version,
  },
  condition: stake.version === 1 ? { exists: false } : { equals: { v: stake.version - 1 } },
});

/**
 * Counts what came onto a device's stake (above 0) or left it (below 0), base units, in what all have staked: part of
 * every change of what is there. What only begins to cool down is there still.
 */
export const countStaked = (deviceId: string, change: bigint): Write => ({
  kind: 'update',
  table: 'rewards',
  key: stakedKey(deviceId),
  add: { units: change },
  condition: change < 0n ? { atLeast: { units: -change } } : {},
});

/** All that is staked, what cools down too; base units. */
export const sumStaked = async (database: Database): Promise<bigint> =>
  (await database.getMany('rewards', stakedKeys))
    .map((item) => units.parse(item['units']))
    .reduce((sum, each) => sum + each, 0n);

export const getStake = async (
  database: Database,
  deviceId: string,
): Promise<DeviceStake | undefined> => {
  const item = await database.get('rewards', stakeKey(deviceId));
  return item && parse(item);
};

/** The stakes of these devices, in no particular order; devices without any are left out. */
export const getStakes = async (
  database: Database,
  deviceIds: readonly string[],
): Promise<readonly DeviceStake[]> => {
  const stakes: DeviceStake[] = [];
  const all = [...new Set(deviceIds)];
  for (let start = 0; start < all.length; start += 100) {
    const keys = all.slice(start, start + 100).map(stakeKey);
    stakes.push(...(await database.getMany('rewards', keys)).map(parse));
  }
  return stakes;
};

/** Stakes of an organisation, newest device first. */
export const listStakes = async (
  database: Database,
  organisation: string,
  page: { readonly limit: number; readonly cursor?: string | undefined },
): Promise<{ readonly stakes: readonly DeviceStake[]; readonly next: string | undefined }> => {
  const found = await database.query('rewards', {
    index: 'by_owner',
    pk: organisation,
    skPrefix: stakeOwnerPrefix,
    descending: true,
    ...page,
  });
  return { stakes: found.items.map(parse), next: found.next };
};

/** A cooldown as the list of those that end names it. */
export interface DueCooldown extends Pick<Cooldown, 'unstakeId' | 'endsAtMs'> {
  readonly deviceId: string;
}

/** Lists the cooldown by its end. */
export const putDueCooldown = ({ deviceId, unstakeId, endsAtMs }: DueCooldown): Write => ({
  kind: 'put',
  table: 'rewards',
  key: cooldownKey(unstakeId, isoOf(endsAtMs)),
  attributes: { device_id: deviceId, unstake_id: unstakeId, ends_at_ms: endsAtMs },
  condition: { exists: false },
});

/** Takes the cooldown off the list, once: part of what ends it. */
export const takeDueCooldown = ({ unstakeId, endsAtMs }: DueCooldown): Write => ({
  kind: 'delete',
  table: 'rewards',
  key: cooldownKey(unstakeId, isoOf(endsAtMs)),
  condition: { exists: true },
});

const storedDue = z.object({
  device_id: z.string(),
  unstake_id: storedId<Id<'ust'>>(),
  ends_at_ms: wholeNumber,
});

/** A page of the cooldowns of one shard that have ended, oldest first, at most 100; the last has no `next`. */
export const listDueCooldowns = async (
  database: Database,
  { shard, nowMs, cursor }: { shard: number; nowMs: number; cursor?: string | undefined },
): Promise<{ readonly due: readonly DueCooldown[]; readonly next: string | undefined }> => {
  const found = await database.query('rewards', {
    pk: cooldownPartition(shard),
    skFrom: '0',
    skTo: `${isoOf(nowMs)}~`,
    limit: 100,
    cursor,
  });
  const due = found.items.map((item) => {
    const row = storedDue.parse(item);
    return { deviceId: row.device_id, unstakeId: row.unstake_id, endsAtMs: row.ends_at_ms };
  });
  return { due, next: found.next };
};

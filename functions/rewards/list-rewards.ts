/**
 * GET /v1/rewards: what a device of one's own got in past hours and why, newest first, as the published
 * statements say. Hours whose statement is not published yet are left out.
 */
import type * as z from 'zod';
import { hourMs } from '../../shared/core/time.ts';
import { toList } from '../../shared/core/wire.ts';
import type { Device } from '../../shared/devices/device.ts';
import { getRewardHold } from '../../shared/ledger/rewards/reward-store.ts';
import type { Epoch } from '../../shared/rewards/epoch.ts';
import { getEpochs } from '../../shared/rewards/epoch-store.ts';
import { getFirstRewards } from '../../shared/rewards/first-reward-store.ts';
import { rewardPolicyAt } from '../../shared/rewards/policy.ts';
import { isHeld } from '../../shared/rewards/receivers.ts';
import {
  type listRewardsQuery,
  type rewardListSchema,
  rewardToJson,
} from '../../shared/rewards/reward-schemas.ts';
import { hourNumberOf, requireTokenSettings } from '../../shared/token/token-mode.ts';
import { requireDevice } from '../devices/require-device.ts';
import type { Call } from '../kit/route.ts';
import { hoursOfPage } from './hours-of-page.ts';
import { readDeviceRows } from './read-rows.ts';
import type { RewardsNeeds } from './rewards-needs.ts';

type ListNeeds = Pick<RewardsNeeds, 'database' | 'stage' | 'statements' | 'token'>;

/** Statements that are read side by side. */
const lanes = 6;

export const listRewards = async (
  needs: ListNeeds,
  { caller, query, nowMs }: Call<'key', unknown, z.output<typeof listRewardsQuery>, unknown>,
): Promise<z.input<typeof rewardListSchema>> => {
  const settings = requireTokenSettings(needs.token);
  const device = await requireDevice(needs.database, caller, query.device_id);
  const since = Math.max(0, hourNumberOf(settings, device.createdAtMs));
  const { hours, next } = hoursOfPage(settings, query, { from: since, nowMs: nowMs - hourMs });
  const epochs = await getEpochs(
    needs.database,
    hours.map(({ id }) => id),
  );
  const firsts = await getFirstRewards(needs.database, [device.id]);
  const newestFirst = epochs.toSorted((one, other) => other.startMs - one.startMs);
  const rewards = [];
  for (let from = 0; from < newestFirst.length; from += lanes) {
    const page = newestFirst.slice(from, from + lanes);
    const read = page.map((epoch) => rewardIn(needs, device, epoch, firsts.get(device.id)));
    rewards.push(...(await Promise.all(read)).flat());
  }
  return toList(rewards, next);
};

/** What the statement of the hour says of the device; nothing while there is none. */
const rewardIn = async (
  { database, stage, statements }: ListNeeds,
  { id, publicId, organisationId }: Device,
  epoch: Epoch,
  firstRewardedMs: number | undefined,
) => {
  const { result, startMs } = epoch;
  if (!result) return [];
  const rows = await readDeviceRows(statements, epoch.id, result, publicId);
  const policy = rewardPolicyAt(stage, startMs);
  const wasHeld = rows.length > 0 && isHeld(firstRewardedMs ?? null, startMs, policy);
  // What is not posted yet has no hold.
  const hold = wasHeld ? await getRewardHold(database, epoch.id, organisationId) : undefined;
  const released = hold !== undefined && hold.left === 0n;
  const held = wasHeld ? { forMs: policy.heldMs, released } : null;
  return [rewardToJson({ deviceId: id, epoch, rows, held })];
};

/**
 * Task `recheck-processors`: sends full proofs to idle processors whose last full pass is older than 36
 * hours. All idle processors of a location group are challenged at once; a group that a slot or
 * another challenge keeps busy, or that is too large to be challenged in one transaction, is left to the next
 * run and to its full slots.
 */
import { minuteMs } from '../../shared/core/time.ts';
import type { Device } from '../../shared/devices/device.ts';
import { getDevices } from '../../shared/devices/device-store.ts';
import { listRoundChallenges } from '../../shared/proofs/challenge-store.ts';
import { valueAt } from '../../shared/proofs/place.ts';
import { policyOf } from '../../shared/proofs/policy.ts';
import { groupProcessorsMax, needsRecheck, recheckRoundOf } from '../../shared/proofs/recheck.ts';
import type { Runtime } from '../kit/runtime.ts';
import { forEachDue, type TaskOutcome } from '../kit/schedule.ts';
import { issueChallenges } from './issue-challenges.ts';
import { type Challengeable, loadChallengeable } from './load-challengeable.ts';
import { loadHiredAs } from './load-hired-as.ts';
import { forEachPlaced, type PlacedDevice } from './placed-devices.ts';

/** A group is waited for while a slot may keep it busy, but no longer than this. */
const waitMsMax = 2 * minuteMs;

export const recheckProcessors = async (needs: Runtime): Promise<TaskOutcome> => {
  const groups = new Map<string, Group>();
  await forEachPlaced(needs.database, async ({ placed }) => {
    for (const device of placed) addTo(groups, device, needs);
  });
  const due = [...groups].filter(
    ([, { isDue, processors }]) => isDue && processors <= groupProcessorsMax,
  );
  return forEachDue(
    needs,
    due,
    ([name, group]) => recheckGroup(needs, name, group),
    ([name]) => name,
  );
};

interface Group {
  /** Of its devices that are up. */
  readonly deviceIds: string[];
  processors: number;
  /** Whether one of its free processors needs a full pass. */
  isDue: boolean;
}

const addTo = (
  groups: Map<string, Group>,
  { device, place, processors }: PlacedDevice,
  { clock, stage }: Pick<Runtime, 'clock' | 'stage'>,
): void => {
  if (device.status !== 'up') return;
  const nowMs = clock.nowMs();
  const name = valueAt(place.value, nowMs).group;
  const group = groups.get(name) ?? { deviceIds: [], processors: 0, isDue: false };
  groups.set(name, group);
  group.deviceIds.push(device.id);
  group.processors += processors.length;
  const policy = policyOf(stage);
  group.isDue ||=
    device.hiredBy === null && processors.some(({ record }) => needsRecheck(record, nowMs, policy));
};

/** Challenges the group together, unless it was within the last six hours or is busy. */
const recheckGroup = async (needs: Runtime, name: string, { deviceIds }: Group): Promise<void> => {
  const round = recheckRoundOf(name, needs.clock.nowMs());
  if ((await listRoundChallenges(needs.database, round)).length > 0) return;
  let asked = await idleProcessors(needs, deviceIds);
  if (asked.waitMs > waitMsMax) return;
  if (asked.waitMs > 0) {
    await needs.pause(asked.waitMs);
    // Read anew: a device that was hired meanwhile would prove itself beside its customer's start.
    asked = await idleProcessors(needs, deviceIds);
  }
  if (asked.processors.length === 0 || asked.waitMs > 0 || asked.isBusy) return;
  const { processors } = asked;
  await issueChallenges(needs, { purpose: 'recheck', round, processors, wholeGroup: true });
};

/** What may be asked of these devices' processors that count and that no real customer has. */
const idleProcessors = async (
  needs: Runtime,
  deviceIds: readonly string[],
): Promise<Challengeable> => {
  const idle: Device[] = [];
  for (const device of await getDevices(needs.database, deviceIds)) {
    if (device.status === 'up' && (await isIdle(needs, device))) idle.push(device);
  }
  const found = await loadChallengeable(needs, idle, needs.clock.nowMs());
  return { ...found, processors: found.processors.filter(({ called }) => called !== null) };
};

const isIdle = async (needs: Runtime, device: Device): Promise<boolean> => {
  const as = await loadHiredAs(needs.database, device, needs.clock.nowMs());
  return as === null || as === 'idle';
};

/**
 * Task `recheck-processors`: sends full proofs to idle processors whose last full pass is older than 36
 * hours. All idle processors of a location group are challenged at once; a group that a slot keeps busy,
 * or that is too large to be challenged within a second, is left to the next run and to its full slots.
 */
import { minuteMs } from '../../shared/core/time.ts';
import type { Device } from '../../shared/devices/device.ts';
import { listRound } from '../../shared/proofs/challenge-store.ts';
import { challengeWaitMs } from '../../shared/proofs/challenge-window.ts';
import { loadOf } from '../../shared/proofs/load.ts';
import { valueAt } from '../../shared/proofs/place.ts';
import { getPlaces } from '../../shared/proofs/place-store.ts';
import { policyOf } from '../../shared/proofs/policy.ts';
import { countsAt } from '../../shared/proofs/processor-record.ts';
import { groupProcessorsMax, needsRecheck, recheckRoundOf } from '../../shared/proofs/recheck.ts';
import type { Runtime } from '../kit/runtime.ts';
import { forEachDue, type TaskOutcome } from '../kit/schedule.ts';
import { type ChallengedProcessor, issueChallenges } from './issue-challenges.ts';
import { loadHiredAs } from './load-hired-as.ts';
import { forEachPlaced, loadPlaced, type PlacedDevice } from './placed-devices.ts';

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
  return forEachDue(needs, due, ([name, group]) => recheckGroup(needs, name, group));
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
  if ((await listRound(needs.database, round)).length > 0) return;
  const asked = await idleProcessors(needs, deviceIds);
  const loads = asked.map(({ load }) => ({ asked: load, called: load }));
  const policy = policyOf(needs.stage);
  const waitMs = challengeWaitMs(loads, policy, needs.clock.nowMs());
  if (waitMs > waitMsMax) return;
  if (waitMs > 0) await needs.pause(waitMs);
  if (asked.length === 0 || challengeWaitMs(loads, policy, needs.clock.nowMs()) > 0) return;
  await issueChallenges(needs, { purpose: 'recheck', round, processors: asked, wholeGroup: true });
};

/** The processors of these devices that count and that no real customer has, with their full loads. */
const idleProcessors = async (
  needs: Runtime,
  deviceIds: readonly string[],
): Promise<readonly ChallengedProcessor[]> => {
  const { placed } = await loadPlaced(needs.database, await getPlaces(needs.database, deviceIds));
  const found: ChallengedProcessor[] = [];
  for (const { device, processors } of placed) {
    if (device.status !== 'up' || !(await isIdle(needs, device))) continue;
    for (const { processor, record } of processors) {
      const nowMs = needs.clock.nowMs();
      if (!countsAt(record, nowMs)) continue;
      const load = loadOf(processor, record.calibration, 2, policyOf(needs.stage), nowMs);
      if (load) found.push({ device, processor, load });
    }
  }
  return found;
};

const isIdle = async (needs: Runtime, device: Device): Promise<boolean> => {
  const as = await loadHiredAs(needs.database, device, needs.clock.nowMs());
  return as === null || as === 'idle';
};

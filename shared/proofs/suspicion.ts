/**
 * Suspicion: two devices that are never good at the same time are probably one. A pair is suspected when,
 * of at least eight slots that called both within thirty days, both passed at most one in eight, while
 * each passed nine tenths of its other calls, of which there are at least twenty. Suspects are merged
 * into one cohort and group, so that they are called together; a suspicion is never a strike.
 *
 * Invariant: exactly the pairs of that definition are found, while at most `comparedMax` devices have
 * misses worth comparing. A pair with eight common calls and at most one joint pass has seven misses
 * there, so one of the two has at least four: only such devices are compared with the others, those that
 * lose the largest share of their calls first. Pure.
 */
import { assert } from '../core/assert.ts';
import { dayMs, minuteMs } from '../core/time.ts';

/** How far back calls are compared. */
export const suspicionDays = 30;

const commonMin = 8;
/** Both may have passed one in so many of the common calls. */
const jointPassOneIn = 8;
const otherCallsMin = 20;
const otherPassPercentMin = 90;
/** Misses of one of the two, at least: half of seven, rounded up. */
const missesMin = 4;
/**
 * Devices that are compared with all others, at most. The work is so many times the number of devices:
 * about two minutes at 100,000. Honest devices lose one call in a hundred, a pair loses one in ten.
 */
export const comparedMax = 3_000;

/** Which slots of a window called a device, and which of them it did not pass: one bit per slot. */
export interface CallHistory {
  readonly deviceId: string;
  readonly called: Uint32Array;
  readonly missed: Uint32Array;
}

/** A window of whole slots. */
export interface CallWindow {
  /** Opening of its first slot. */
  readonly fromMs: number;
  readonly slots: number;
  readonly slotMinutes: number;
}

/** The last thirty days up to `untilMs`, which is the opening of a slot. */
export const suspicionWindow = (untilMs: number, slotMinutes: number): CallWindow => ({
  fromMs: untilMs - suspicionDays * dayMs,
  slots: (suspicionDays * dayMs) / (slotMinutes * minuteMs),
  slotMinutes,
});

/** A device that no slot of the window called yet. */
export const emptyHistory = (deviceId: string, { slots }: CallWindow): CallHistory => ({
  deviceId,
  called: new Uint32Array(Math.ceil(slots / 32)),
  missed: new Uint32Array(Math.ceil(slots / 32)),
});

/**
 * Notes a call, in place; a device with several processors passes when all of them do. Calls outside of
 * the window are left out.
 */
export const noteCall = (
  history: CallHistory,
  { fromMs, slots, slotMinutes }: CallWindow,
  call: { readonly atMs: number; readonly passed: boolean },
): void => {
  const slot = (call.atMs - fromMs) / (slotMinutes * minuteMs);
  assert(Number.isInteger(slot), 'a call that is no slot');
  if (slot < 0 || slot >= slots) return;
  const [word, bit] = [slot >>> 5, 1 << (slot & 31)];
  history.called[word] = (history.called[word] ?? 0) | bit;
  if (!call.passed) history.missed[word] = (history.missed[word] ?? 0) | bit;
};

const bitsOf = (word: number): number => {
  let v = word - ((word >>> 1) & 0x55555555);
  v = (v & 0x33333333) + ((v >>> 2) & 0x33333333);
  return Math.imul((v + (v >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
};

const count = (words: Uint32Array): number => {
  let bits = 0;
  for (const word of words) bits += bitsOf(word);
  return bits;
};

/** Two devices that are suspected to be one, and what it was concluded from. */
export interface SuspectPair {
  readonly deviceIds: readonly [string, string];
  readonly common: number;
  readonly bothPassed: number;
}

interface Counted {
  readonly history: CallHistory;
  readonly calls: number;
  readonly misses: number;
}

/** The suspected pairs among the devices. */
export const suspectPairs = (histories: readonly CallHistory[]): readonly SuspectPair[] => {
  const counted = histories
    .map((history) => ({ history, calls: count(history.called), misses: count(history.missed) }))
    .filter(({ calls }) => calls >= commonMin + otherCallsMin);
  const compared = counted
    .filter(({ misses }) => misses >= missesMin)
    .sort((a, b) => b.misses / b.calls - a.misses / a.calls);
  const all = [...compared, ...counted.filter(({ misses }) => misses < missesMin)];
  return compared
    .slice(0, comparedMax)
    .flatMap((one, index) =>
      all.slice(index + 1).flatMap((other) => suspectPair(one, other) ?? []),
    );
};

const suspectPair = (a: Counted, b: Counted): SuspectPair | undefined => {
  const { called: aCalled, missed: aMissed } = a.history;
  const { called: bCalled, missed: bMissed } = b.history;
  // Seven eighths of the common calls are missed by one of them; most pairs have far more in common.
  const commonMax = ((a.misses + b.misses) * jointPassOneIn) / (jointPassOneIn - 1);
  let common = 0;
  let eitherMissed = 0;
  let aCommonMissed = 0;
  let bCommonMissed = 0;
  for (let word = 0; word < aCalled.length; word += 1) {
    const both = (aCalled[word] ?? 0) & (bCalled[word] ?? 0);
    if (both === 0) continue;
    common += bitsOf(both);
    if (common > commonMax) return undefined;
    const aLost = both & (aMissed[word] ?? 0);
    const bLost = both & (bMissed[word] ?? 0);
    eitherMissed += bitsOf(aLost | bLost);
    aCommonMissed += bitsOf(aLost);
    bCommonMissed += bitsOf(bLost);
  }
  const bothPassed = common - eitherMissed;
  if (common < commonMin || bothPassed * jointPassOneIn > common) return undefined;
  if (!isGoodAlone(a, common, aCommonMissed) || !isGoodAlone(b, common, bCommonMissed)) {
    return undefined;
  }
  const deviceIds = [a.history.deviceId, b.history.deviceId].sort() as [string, string];
  return { deviceIds, common, bothPassed };
};

/** Whether it passed nine tenths of its calls without the other. */
const isGoodAlone = ({ calls, misses }: Counted, common: number, commonMissed: number): boolean => {
  const others = calls - common;
  const passed = others - (misses - commonMissed);
  return others >= otherCallsMin && passed * 100 >= others * otherPassPercentMin;
};

/** Devices that belong together because a chain of pairs connects them; each group sorted, and the groups. */
export const suspectGroups = (pairs: readonly SuspectPair[]): readonly (readonly string[])[] => {
  const leaderOf = new Map<string, string>();
  const find = (id: string): string => {
    let leader = id;
    for (let next = leaderOf.get(leader); next !== undefined; next = leaderOf.get(leader)) {
      leader = next;
    }
    return leader;
  };
  for (const { deviceIds } of pairs) {
    const [least = '', most = ''] = deviceIds.map(find).sort();
    if (least !== most) leaderOf.set(most, least);
  }
  const groups = new Map<string, string[]>();
  for (const id of new Set(pairs.flatMap(({ deviceIds }) => deviceIds))) {
    const leader = find(id);
    groups.set(leader, [...(groups.get(leader) ?? []), id]);
  }
  return [...groups.values()]
    .map((ids) => ids.sort())
    .sort((a, b) => ((a[0] ?? '') < (b[0] ?? '') ? -1 : 1));
};

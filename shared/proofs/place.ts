/**
 * Where a device stands in the calls of slots: its cohort, its location group, and into how many parts
 * the cohort is split. What changes here holds from the next full hour on, so that nobody moves after
 * having seen a seed; each value stays known for the hours that are still to be judged. Pure.
 */
import { assert } from '../core/assert.ts';
import type { Id } from '../core/ids.ts';
import { dayMs, hourMs, minuteMs } from '../core/time.ts';
import type { HiredAs } from './hired-as.ts';
import type { ProofPolicy } from './policy.ts';
import { callOf, type SlotCall } from './protocol/slot.ts';

/**
 * A value that changes at full hours only, with its past: steps in the order of their times, the first
 * of which also holds for all time before it.
 */
export interface HourlyValue<T> {
  readonly steps: readonly { readonly fromMs: number; readonly value: T }[];
}

/** Steps that ended so long ago are forgotten: no hour is judged later than that. */
export const judgedWithinMs = 3 * dayMs;

/** The first full hour at or after `nowMs`: a change at HH:00 holds for the slot HH:00. */
export const nextFullHour = (nowMs: number): number => Math.ceil(nowMs / hourMs) * hourMs;

/** A value that holds from the start. */
export const hourlyValue = <T>(value: T): HourlyValue<T> => ({ steps: [{ fromMs: 0, value }] });

/** The value at that time. */
export const valueAt = <T>({ steps }: HourlyValue<T>, atMs: number): T => {
  const step = steps.findLast(({ fromMs }) => fromMs <= atMs) ?? steps[0];
  assert(step !== undefined, 'an hourly value without a step');
  return step.value;
};

/** The value that holds last: now, or from the next full hour on. */
export const latestValue = <T>({ steps }: HourlyValue<T>): T => {
  const step = steps.at(-1);
  assert(step !== undefined, 'an hourly value without a step');
  return step.value;
};

/** The same with `value` from the next full hour on; a change that has not come yet is replaced. */
export const changeHourly = <T>(
  before: HourlyValue<T>,
  value: T,
  nowMs: number,
): HourlyValue<T> => {
  const fromMs = nextFullHour(nowMs);
  const earlier = before.steps.filter((step) => step.fromMs < fromMs);
  const kept = earlier.filter((_, index) => {
    const until = earlier[index + 1]?.fromMs ?? fromMs;
    return until > nowMs - judgedWithinMs;
  });
  return { steps: [...kept, { fromMs, value }] };
};

/** What the calls of a device depend on, besides its model and whether it is hired. */
export interface PlaceValue {
  /** The owner, or what suspicion merged it into; without "/". */
  readonly cohort: string;
  /** The device's egress network as the platform saw it, or its suspicion group. */
  readonly group: string;
  readonly parts: number;
}

export interface Place {
  readonly deviceId: Id<'dev'>;
  readonly value: HourlyValue<PlaceValue>;
  /** Suspicion has named its group: where it is seen no longer matters. */
  readonly groupPinned: boolean;
  /** Grows by one with each change. */
  readonly version: number;
}

/** The place of a device that is seen for the first time; `parts` are those of its cohort. */
export const firstPlace = (deviceId: Id<'dev'>, value: PlaceValue): Place => ({
  deviceId,
  value: hourlyValue(value),
  groupPinned: false,
  version: 1,
});

const sameValue = (a: PlaceValue, b: PlaceValue): boolean =>
  a.cohort === b.cohort && a.group === b.group && a.parts === b.parts;

/** The place with these changes from the next full hour on; the same object when nothing changes. */
export const changedPlace = (place: Place, changes: Partial<PlaceValue>, nowMs: number): Place => {
  const before = latestValue(place.value);
  const after = { ...before, ...changes };
  if (sameValue(before, after)) return place;
  return {
    ...place,
    value: changeHourly(place.value, after, nowMs),
    version: place.version + 1,
  };
};

/** The place of a device that was seen in this network; the same object when that says nothing new. */
export const seenPlace = (place: Place, group: string, nowMs: number): Place =>
  place.groupPinned ? place : changedPlace(place, { group }, nowMs);

/**
 * The network of an egress address: its /24 (IPv4) or /48 (IPv6), as text. An address in neither form
 * stands for itself.
 */
export const groupOfAddress = (address: string): string => {
  const v4 = /(?:^|:)(\d{1,3}\.\d{1,3}\.\d{1,3})\.\d{1,3}$/.exec(address);
  if (v4) return `net:${v4[1]}.0/24`;
  if (!address.includes(':')) return `net:${address}`;
  const [head = '', tail] = address.toLowerCase().split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail ? tail.split(':') : [];
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length);
  const full = [...left, ...Array.from({ length: zeros }, () => '0'), ...right];
  const words = full.slice(0, 3).map((word) => word.replace(/^0+(?=.)/, ''));
  return `net:${words.join(':')}::/48`;
};

/** Opening times of the slots of the hour that begins at `hourMs`. */
export const slotsOfHour = (
  hourStartMs: number,
  { slotMinutes }: Pick<ProofPolicy, 'slotMinutes'>,
): readonly number[] =>
  Array.from(
    { length: 60 / slotMinutes },
    (_, index) => hourStartMs + index * slotMinutes * minuteMs,
  );

/** A processor as a slot opens. */
export interface Standing {
  readonly place: PlaceValue;
  readonly model: string;
  /** Null while idle. */
  readonly hired: HiredAs | null;
}

const notCalled = (call: SlotCall): SlotCall => ({ ...call, called: false, rollCall: false });

/**
 * Whether and how a slot calls the processor. Where the customer refused proofs nothing is called; a
 * hire that counts as idle changes nothing.
 */
export const slotCallOf = (
  slot: { readonly seed: Uint8Array },
  { place, model, hired }: Standing,
  rates: Pick<ProofPolicy, 'oneIn' | 'fullOneIn' | 'rollOneIn'>,
): SlotCall => {
  const isHired = hired === 'micro' || hired === 'no_consent';
  const call = callOf(slot.seed, { ...place, model, hired: isHired }, rates);
  return hired === 'no_consent' ? notCalled(call) : call;
};

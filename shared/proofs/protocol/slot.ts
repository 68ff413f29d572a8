/**
 * Slots: the public beacon. Which seed a slot has, who is called in it, and with which profile. Every
 * draw is a function of the slot's seed alone, so that anybody can recompute it once the slot is open;
 * nothing here knows what time it is.
 */
import { createHmac } from 'node:crypto';
import { assert } from '../../core/assert.ts';
import { isoOf, minuteMs } from '../../core/time.ts';
import { first4, sha256, utf8 } from './bytes.ts';
import type { Profile } from './parameters.ts';

const slotForm = /^\d{4}-\d\d-\d\dT\d\d:\d\d:00Z$/;

/** The one spelling of the slot that opens at `opensAtMs`: `YYYY-MM-DDTHH:MM:SSZ`. */
export const slotIdAt = (opensAtMs: number): string => `${isoOf(opensAtMs).slice(0, 19)}Z`;

/**
 * When the slot opens, in epoch milliseconds; undefined for a text that is not the one spelling of a
 * multiple of the period (whole minutes).
 */
export const slotOpensAtMs = (slotId: string, periodMinutes: number): number | undefined => {
  assert(Number.isSafeInteger(periodMinutes) && periodMinutes > 0, 'a period of whole minutes');
  if (!slotForm.test(slotId)) return undefined;
  const opensAtMs = Date.parse(slotId);
  if (!Number.isSafeInteger(opensAtMs) || opensAtMs % (periodMinutes * minuteMs) !== 0) {
    return undefined;
  }
  return slotIdAt(opensAtMs) === slotId ? opensAtMs : undefined;
};

/** The UTC date whose day key the slot's seed is made with: `YYYY-MM-DD`. */
export const dateOfSlot = (slotId: string): string => slotId.slice(0, 10);

/** HMAC-SHA256(dayKey, slotId). `dayKey`: 32 bytes. */
export const slotSeedOf = (dayKey: Uint8Array, slotId: string): Uint8Array =>
  createHmac('sha256', dayKey).update(utf8(slotId)).digest();

/** How often slots call, as "one in"; whole numbers from 1. */
export interface SlotRates {
  /** A part of a cohort is called in one slot of so many. */
  readonly oneIn: number;
  /** One slot of so many is full for everybody. */
  readonly fullOneIn: number;
  /** A model is called as a whole in one slot of so many. */
  readonly rollOneIn: number;
}

/** Processors of one part of a cohort, at most on average. */
export const processorsPerPart = 256;

/** Into how many parts a cohort of `processors` is split: at least one. */
export const partsOf = (processors: number): number =>
  Math.max(1, Math.ceil(processors / processorsPerPart));

/** True with probability 1 / oneIn for a uniform word. Exact: the product is below 2^53. */
const isDrawn = (word: number, oneIn: number): boolean => {
  assert(Number.isSafeInteger(oneIn) && oneIn >= 1 && oneIn < 2 ** 21, 'one in 1..2^21');
  return oneIn * word < 2 ** 32;
};

/** The word that decides the part of a location group. */
export const partWord = (slotSeed: Uint8Array, group: string): number =>
  first4(sha256('poc/part', slotSeed, group));

/** The part of the cohort, 0..parts-1, that a location group belongs to in this slot. */
export const partOf = (slotSeed: Uint8Array, group: string, parts: number): number => {
  assert(Number.isSafeInteger(parts) && parts >= 1, 'a cohort has at least one part');
  return partWord(slotSeed, group) % parts;
};

/** The word that decides whether a part of a cohort is called. */
export const calledWord = (slotSeed: Uint8Array, cohort: string, part: number): number => {
  assert(!cohort.includes('/'), 'a cohort has no "/" in its id');
  return first4(sha256('poc/called', slotSeed, cohort, '/', String(part)));
};

/** Whether the cohort's own draw calls this part. */
export const isPartCalled = (
  slotSeed: Uint8Array,
  cohort: string,
  part: number,
  { oneIn }: Pick<SlotRates, 'oneIn'>,
): boolean => isDrawn(calledWord(slotSeed, cohort, part), oneIn);

/** Whether the slot calls every processor of the model, whatever its cohort. */
export const isRollCall = (
  slotSeed: Uint8Array,
  model: string,
  { rollOneIn }: Pick<SlotRates, 'rollOneIn'>,
): boolean => isDrawn(first4(sha256('poc/roll', slotSeed, model)), rollOneIn);

/** The word that decides whether the slot is full. */
export const kindWord = (slotSeed: Uint8Array): number => first4(sha256('poc/kind', slotSeed));

/** Whether the slot is full, for everybody; all others are light. */
export const isFullSlot = (
  slotSeed: Uint8Array,
  { fullOneIn }: Pick<SlotRates, 'fullOneIn'>,
): boolean => isDrawn(kindWord(slotSeed), fullOneIn);

/** The profile of a slot of this kind for an idle or a hired processor. */
export const profileOf = (slot: { readonly full: boolean; readonly hired: boolean }): Profile => {
  if (slot.hired) return 0;
  return slot.full ? 2 : 1;
};

/** Where a processor stands as a slot opens. */
export interface SlotStanding {
  readonly cohort: string;
  /** The platform's location group of the device. */
  readonly group: string;
  readonly parts: number;
  readonly model: string;
  readonly hired: boolean;
}

export interface SlotCall {
  /** Whether the processor has to prove itself in this slot. */
  readonly called: boolean;
  /** Whether it is called because its whole model is. */
  readonly rollCall: boolean;
  readonly full: boolean;
  readonly profile: Profile;
}

/** Whether and how the slot calls a processor. A hired processor is not called in full slots. */
export const callOf = (
  slotSeed: Uint8Array,
  standing: SlotStanding,
  rates: SlotRates,
): SlotCall => {
  const part = partOf(slotSeed, standing.group, standing.parts);
  const full = isFullSlot(slotSeed, rates);
  const exempt = standing.hired && full;
  const rollCall = !exempt && isRollCall(slotSeed, standing.model, rates);
  const called = rollCall || (!exempt && isPartCalled(slotSeed, standing.cohort, part, rates));
  return { called, rollCall, full, profile: profileOf({ full, hired: standing.hired }) };
};

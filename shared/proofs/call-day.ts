/**
 * A day of slot calls in short: for each processor one bit per slot that called it, and one per call that
 * it did not pass. What the search for suspects reads of thirty days, instead of their gates. Pure.
 */
import { assert } from '../core/assert.ts';
import { dayMs, minuteMs } from '../core/time.ts';
import type { Gate } from './gate.ts';
import { type CallHistory, type CallWindow, noteCall } from './suspicion.ts';

export interface CallDay {
  readonly deviceId: string;
  readonly processorId: string;
  /** Slot n of the day is bit n mod 8 of byte n / 8, two hex digits each. */
  readonly called: string;
  readonly missed: string;
}

const bytesPerDay = (slotMinutes: number): number =>
  Math.ceil(dayMs / (slotMinutes * minuteMs) / 8);

const setBit = (bytes: Uint8Array, bit: number): void => {
  bytes[bit >>> 3] = (bytes[bit >>> 3] ?? 0) | (1 << (bit & 7));
};

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** The day that begins at `fromMs`, of the processors in these gates of its hours. */
export const callDaysOf = (
  gates: readonly Gate[],
  fromMs: number,
  slotMinutes: number,
): readonly CallDay[] => {
  const length = bytesPerDay(slotMinutes);
  const days = new Map<string, { deviceId: string; called: Uint8Array; missed: Uint8Array }>();
  for (const { deviceId, processorId, calls } of gates) {
    for (const { source, atMs, outcome } of calls) {
      if (source !== 'slot') continue;
      const slot = (atMs - fromMs) / (slotMinutes * minuteMs);
      assert(Number.isInteger(slot) && slot >= 0 && slot < length * 8, 'a call of another day');
      const day = days.get(processorId) ?? {
        deviceId,
        called: new Uint8Array(length),
        missed: new Uint8Array(length),
      };
      days.set(processorId, day);
      setBit(day.called, slot);
      if (outcome !== 'passed') setBit(day.missed, slot);
    }
  }
  return [...days].map(([processorId, { deviceId, called, missed }]) => ({
    deviceId,
    processorId,
    called: hex(called),
    missed: hex(missed),
  }));
};

/** Notes the calls of a day in the history of its device, in place. */
export const noteDay = (
  history: CallHistory,
  window: CallWindow,
  fromMs: number,
  day: Pick<CallDay, 'called' | 'missed'>,
): void => {
  const called = Buffer.from(day.called, 'hex');
  const missed = Buffer.from(day.missed, 'hex');
  for (let slot = 0; slot < called.length * 8; slot += 1) {
    const isSet = (bytes: Uint8Array): boolean =>
      (((bytes[slot >>> 3] ?? 0) >>> (slot & 7)) & 1) === 1;
    if (!isSet(called)) continue;
    const atMs = fromMs + slot * window.slotMinutes * minuteMs;
    noteCall(history, window, { atMs, passed: !isSet(missed) });
  }
};

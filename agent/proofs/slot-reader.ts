/**
 * Reads the document of a slot as soon as it surely is open, on the platform's clock: what that clock is known
 * by may be off by half of a round trip, which the request needs at least to arrive, and by what the machine's
 * clock has drifted since, which is waited for. Should it be too early even so, the refusal tells the platform's
 * time, by which it is asked again.
 */
import { slotSchema } from '../../shared/proofs/slot-schemas.ts';
import { type ApiClient, PlatformRefusal } from '../platform/api-client.ts';
import { messageOf } from '../problem.ts';
import { type AgentRuntime, backoffMs, fraction } from '../runtime.ts';
import type { SlotDocument, SlotTime } from './slot-plan.ts';

/** Spreads the requests of a million devices by a hundredth of the time that a proof has. */
const jitterMs = 40;
const attemptsMax = 20;
const backoff = { baseMs: 100, maxMs: 500 } as const;

export interface SlotReader {
  /** Settles when the slot surely is open; false when the platform's clock has jumped away from it. */
  untilOpen(slot: SlotTime): Promise<boolean>;
  /** The document of an open slot; undefined when it cannot be had in time. */
  read(slot: SlotTime): Promise<SlotDocument | undefined>;
}

export interface SlotReaderOptions {
  readonly api: ApiClient;
  /** A slot that opened longer ago is of no use, milliseconds. */
  readonly lateMsMax: number;
  /** A slot that opens later than this is not waited for, milliseconds. */
  readonly earlyMsMax: number;
  /** Waits; false when it was woken because the clock has jumped. */
  readonly pause: (ms: number) => Promise<boolean>;
}

const isTooEarly = (thrown: unknown): boolean =>
  thrown instanceof PlatformRefusal && thrown.status === 425;

/** A reader that reads nothing more once `signal` has aborted. */
export const createSlotReader = (
  runtime: AgentRuntime,
  { api, lateMsMax, earlyMsMax, pause }: SlotReaderOptions,
  signal: AbortSignal,
): SlotReader => {
  const ask = ({ id }: SlotTime) =>
    api.send({ method: 'GET', path: `/v1/proofs/slots/${id}`, isPublic: true, answer: slotSchema });

  /** Milliseconds until it opens, negative since; undefined when the slot is out of reach. */
  const leftMs = ({ opensAtMs }: SlotTime): number | undefined => {
    const nowMs = api.serverClock.nowMs();
    if (nowMs === undefined || signal.aborted) return undefined;
    const left = opensAtMs - nowMs;
    return left <= earlyMsMax && left >= -lateMsMax ? left : undefined;
  };

  const untilOpen = async (slot: SlotTime): Promise<boolean> => {
    for (;;) {
      const left = leftMs(slot);
      if (left === undefined) return false;
      const surelyMs = left + Math.ceil(api.serverClock.driftMs());
      if (surelyMs <= 0) return true;
      await pause(surelyMs + Math.ceil(fraction(runtime.randomness) * jitterMs));
    }
  };

  return {
    untilOpen,
    read: async (slot) => {
      for (let failures = 0; failures < attemptsMax; failures += 1) {
        if (!(await untilOpen(slot))) return undefined;
        try {
          return await ask(slot);
        } catch (thrown) {
          if (isTooEarly(thrown)) {
            // The time was wrong, and the refusal has told it: a little more each time.
            await pause(1 + failures);
            continue;
          }
          runtime.log.warn('slot_not_read', { slot: slot.id, reason: messageOf(thrown) });
          await pause(backoffMs(failures, backoff, runtime.randomness));
        }
      }
      return undefined;
    },
  };
};

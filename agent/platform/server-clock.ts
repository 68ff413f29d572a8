/**
 * The platform's clock as this machine can tell it: each answer that names the platform's time is a
 * sample, good to half of its round trip, carried on by the monotonic clock. When one of the machine's
 * own clocks has jumped (suspend, a clock that was set) the time is unknown until the next sample.
 */
import type { AgentRuntime } from '../runtime.ts';

/** Two estimates that differ by more than their errors and this are a jump, milliseconds. */
const jumpMs = 1_000;
/** A sample that is worse than this tells nothing: slots are served within two seconds. Milliseconds. */
const errorMsMax = 2_000;
/** What the monotonic clock may drift, as a part of the time passed. */
const driftRate = 1e-4;

/** One answer that named the platform's time; the rest in milliseconds of the monotonic clock. */
export interface TimeSample {
  /** Epoch milliseconds. */
  readonly serverMs: number;
  readonly sentMs: number;
  readonly receivedMs: number;
}

export interface ServerClock {
  /** Epoch milliseconds on the platform's clock; undefined while nothing trustworthy is known. */
  nowMs(): number | undefined;
  /** Milliseconds by which the monotonic clock may have drifted since the time was learned. */
  driftMs(): number;
  learn(sample: TimeSample): void;
  /** Calls back after each sample that contradicts the earlier ones, or that ends a time unknown. */
  onJump(listener: () => void): void;
}

interface Estimate {
  /** Platform's time less the monotonic clock's. */
  readonly offsetMs: number;
  readonly errorMs: number;
  readonly learnedMs: number;
  /** The machine's wall clock less its monotonic one. */
  readonly wallLeadMs: number;
}

/** A clock that knows nothing yet. */
export const createServerClock = (
  runtime: Pick<AgentRuntime, 'clock' | 'monotonicMs'>,
): ServerClock => {
  const listeners: (() => void)[] = [];
  let known: Estimate | undefined;

  const wallLeadMs = () => runtime.clock.nowMs() - runtime.monotonicMs();
  const trusted = (): Estimate | undefined =>
    known && Math.abs(wallLeadMs() - known.wallLeadMs) <= jumpMs ? known : undefined;
  const driftSince = ({ learnedMs }: Estimate, atMs: number): number =>
    driftRate * Math.max(0, atMs - learnedMs);
  /** What the estimate's error has grown to. */
  const errorNow = (estimate: Estimate, atMs: number): number =>
    estimate.errorMs + driftSince(estimate, atMs);

  return {
    nowMs: () => {
      const estimate = trusted();
      return estimate && Math.round(runtime.monotonicMs() + estimate.offsetMs);
    },
    driftMs: () => {
      const estimate = trusted();
      return estimate ? driftSince(estimate, runtime.monotonicMs()) : 0;
    },
    learn: ({ serverMs, sentMs, receivedMs }) => {
      const errorMs = Math.max(0, receivedMs - sentMs) / 2;
      // So slow an answer, or a clock that was moved while it was under way.
      if (errorMs > errorMsMax) return;
      const offsetMs = serverMs - (sentMs + receivedMs) / 2;
      const before = trusted();
      const oldErrorMs = before ? errorNow(before, receivedMs) : 0;
      const isJump =
        !before || Math.abs(offsetMs - before.offsetMs) > errorMs + oldErrorMs + jumpMs;
      if (isJump || errorMs <= oldErrorMs) {
        known = { offsetMs, errorMs, learnedMs: receivedMs, wallLeadMs: wallLeadMs() };
      } else {
        // The older estimate is the better one, and the wall clock was just seen to agree with it.
        known = { ...before, wallLeadMs: wallLeadMs() };
      }
      if (isJump) for (const listener of listeners) listener();
    },
    onJump: (listener) => {
      listeners.push(listener);
    },
  };
};

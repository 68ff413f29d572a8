/** Sends a request again until the platform has answered it, for what must be said once and by a certain time. */
import type { AgentRuntime } from '../runtime.ts';
import { backoffMs } from '../runtime.ts';
import { PlatformRefusal, PlatformUnreachable } from './api-client.ts';

const backoff = { baseMs: 200, maxMs: 2_000 } as const;
/** Refusals after which the very same message may be taken. */
const passing = [408, 425, 429];

/** Whether the same message may be answered another time. */
const isPassing = (thrown: unknown): boolean =>
  thrown instanceof PlatformUnreachable ||
  (thrown instanceof PlatformRefusal && (thrown.status >= 500 || passing.includes(thrown.status)));

export interface UntilAnsweredOptions {
  /** Milliseconds after which the last failure is thrown. */
  readonly limitMs: number;
  /** Told of each failure that is waited out; `count` is the number of failures so far. */
  readonly onFailure: (thrown: unknown, count: number) => void;
}

/** The answer of the first `attempt` that has one. Throws what the platform refuses for good. */
export const untilAnswered = async <T>(
  runtime: AgentRuntime,
  attempt: () => Promise<T>,
  { limitMs, onFailure }: UntilAnsweredOptions,
  signal: AbortSignal,
): Promise<T> => {
  const untilMs = runtime.monotonicMs() + limitMs;
  for (let failures = 0; ; failures += 1) {
    try {
      return await attempt();
    } catch (thrown) {
      const isOver = signal.aborted || runtime.monotonicMs() >= untilMs;
      if (isOver || !isPassing(thrown)) throw thrown;
      onFailure(thrown, failures + 1);
      await runtime.wait(backoffMs(failures, backoff, runtime.randomness), signal);
    }
  }
};

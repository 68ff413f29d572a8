/**
 * Work that nobody waits for. What it throws is logged here and ends nothing else: an unhandled
 * rejection would end the daemon, and again after each restart.
 */
import type { Log } from './log.ts';
import { messageOf } from './problem.ts';

/** Lets `work` go on behind; `kind` names it in the log. */
export const inBackground = (log: Log, kind: string, work: Promise<unknown>): void => {
  work.catch((thrown: unknown) =>
    log.error('background_failed', { kind, reason: messageOf(thrown) }),
  );
};

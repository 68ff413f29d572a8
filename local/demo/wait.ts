/** Waiting for something to become true, with a bound and a sentence for when it does not. */
import { setTimeout as pause } from 'node:timers/promises';
import { UserError } from '../user-error.ts';

/**
 * Asks every `everyMs` until the answer is not undefined; a UserError that says `what` was waited for
 * after `seconds`.
 */
export const waitFor = async <Found>(
  what: string,
  look: () => Promise<Found | undefined>,
  { seconds, everyMs = 200 }: { readonly seconds: number; readonly everyMs?: number },
): Promise<Found> => {
  const until = performance.now() + seconds * 1000;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > until) {
      throw new UserError(
        `Waited ${seconds} s in vain for ${what}. The logs in .raymesh/logs say why.`,
      );
    }
    await pause(everyMs);
  }
};

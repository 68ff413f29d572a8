/**
 * Idempotency keys as Stripe keeps them: the first answer is kept for a day and answered again, also
 * when it was a refusal; the same key with other parameters or for another endpoint is an error. A
 * request that did not parse leaves its key free.
 */
import { Refusal } from '../world/refusal.ts';
import type { KeptAnswer } from '../world/state.ts';
import type { World } from '../world/world.ts';

const keptMs = 86_400_000;

const conflict = (message: string): Refusal =>
  new Refusal(400, { type: 'idempotency_error', message }, true);

/** The kept answer to this key, or undefined; throws when the key was used for something else. */
export const findAnswer = (
  world: World,
  key: string,
  asked: Pick<KeptAnswer, 'parameters' | 'path'>,
): KeptAnswer | undefined => {
  const kept = world.state.answers.get(key);
  if (kept === undefined || kept.atMs + keptMs <= world.nowMs()) return undefined;
  const otherwise = `Try using a key other than '${key}' if you meant to execute a different request.`;
  if (kept.path !== asked.path) {
    throw conflict(
      `Keys for idempotent requests can only be used for the same endpoint they were first used for ('${kept.path}' vs '${asked.path}'). ${otherwise}`,
    );
  }
  if (kept.parameters !== asked.parameters) {
    throw conflict(
      `Keys for idempotent requests can only be used with the same parameters they were first used with. ${otherwise}`,
    );
  }
  return kept;
};

/**
 * Assertions. A failed assertion is a bug of ours, never a user's error: it becomes a 500 with a
 * generic text, an alarm, and a retry where the trigger allows one. They stay on in production.
 */

/** A programmer's error: something that the code holds impossible has happened. */
export class BugError extends Error {
  override readonly name = 'BugError';
}

/** Throws a BugError with `message` unless `condition` holds. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new BugError(message);
}

/** Marks a branch that the types rule out; throws a BugError when it is reached all the same. */
export const unreachable = (value: never, message: string): never => {
  throw new BugError(`${message}: ${JSON.stringify(value)}`);
};

/** The value itself, or a BugError when it is undefined or null. */
export const present = <T>(value: T | null | undefined, message: string): T => {
  assert(value !== undefined && value !== null, message);
  return value;
};

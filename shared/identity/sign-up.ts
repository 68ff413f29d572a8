/**
 * Who is let in with a wallet that nobody knows: where sign-ups are open, everybody, with an organisation of his
 * own, up to so many a day over the whole platform; where they are closed, nobody. Pure but for the day's count,
 * which the same write holds to its limit.
 */
import type { Write } from '../core/database.ts';
import { signUpsKey } from './keys.ts';

export const signUpModes = ['open', 'closed'] as const;
export type SignUpMode = (typeof signUpModes)[number];

/** Organisations that one UTC day may bring: more are a flood, not customers. */
export const signUpsPerDayMax = 500;

/** Counts one more sign-up; `day` is days since the epoch. Refused when the day is full. */
export const countSignUp = (day: number): Write => ({
  kind: 'update',
  table: 'identity',
  key: signUpsKey(day),
  add: { sign_ups: 1 },
  condition: { atMostOrAbsent: { sign_ups: signUpsPerDayMax - 1 } },
});

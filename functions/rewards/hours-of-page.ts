/** The hours of a page of a list, newest first: they follow from the clock, so nothing is read for them. */
import { AppError } from '../../shared/core/errors.ts';
import { hourIdOf } from '../../shared/proofs/gate.ts';
import type { Epoch } from '../../shared/rewards/epoch.ts';
import { emissionHours } from '../../shared/token/emission.ts';
import { hourNumberOf, startOfHour, type TokenSettings } from '../../shared/token/token-mode.ts';
import { decodeCursor, encodeCursor } from '../kit/cursor.ts';
import type { PageQuery } from '../kit/route.ts';

type NamedHour = Pick<Epoch, 'id' | 'hour' | 'startMs'>;

/** The hours from the one of `nowMs`, or the last of the emission, back to hour `from`; `request.malformed` for a cursor of another list. */
export const hoursOfPage = (
  settings: TokenSettings,
  { limit, cursor }: PageQuery,
  { from, nowMs }: { readonly from: number; readonly nowMs: number },
): { readonly hours: readonly NamedHour[]; readonly next: string | undefined } => {
  const newest = Math.min(hourNumberOf(settings, nowMs), newestOf(cursor), emissionHours - 1);
  const count = Math.max(0, Math.min(limit, newest + 1 - from));
  const hours = Array.from({ length: count }, (_, index): NamedHour => {
    const hour = newest - index;
    const startMs = startOfHour(settings, hour);
    return { id: hourIdOf(startMs), hour, startMs };
  });
  const oldest = newest + 1 - count;
  return { hours, next: oldest > from ? encodeCursor({ before: String(oldest) }) : undefined };
};

/** The first hour of the page that a cursor names; without one, any. */
const newestOf = (cursor: string | undefined): number => {
  if (cursor === undefined) return Number.POSITIVE_INFINITY;
  const { before = '' } = decodeCursor(cursor);
  if (/^[1-9][0-9]{0,8}$/.test(before)) return Number(before) - 1;
  const message = 'Use next_cursor of the page before, unchanged.';
  throw new AppError('request.malformed', { fields: [{ pointer: '/query/cursor', message }] });
};

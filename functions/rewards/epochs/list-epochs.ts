/** GET /v1/epochs: every hour since genesis, newest first, beginning with the one that runs. */
import type * as z from 'zod';
import { AppError } from '../../../shared/core/errors.ts';
import { toList } from '../../../shared/core/wire.ts';
import { hourIdOf } from '../../../shared/proofs/gate.ts';
import { viewOf } from '../../../shared/rewards/epoch.ts';
import { type epochListSchema, epochToJson } from '../../../shared/rewards/epoch-schemas.ts';
import { getEpochs } from '../../../shared/rewards/epoch-store.ts';
import {
  hourNumberOf,
  requireTokenSettings,
  startOfHour,
} from '../../../shared/token/token-mode.ts';
import { decodeCursor, encodeCursor } from '../../kit/cursor.ts';
import type { Call, PageQuery } from '../../kit/route.ts';
import type { Runtime } from '../../kit/runtime.ts';

export const listEpochs = async (
  { database, token }: Pick<Runtime, 'database' | 'token'>,
  { query, nowMs }: Call<'public', unknown, PageQuery, unknown>,
): Promise<z.input<typeof epochListSchema>> => {
  const settings = requireTokenSettings(token);
  const newest = Math.min(hourNumberOf(settings, nowMs), hourBefore(query.cursor));
  const count = Math.max(0, Math.min(query.limit, newest + 1));
  const named = Array.from({ length: count }, (_, index) => {
    const hour = newest - index;
    const startMs = startOfHour(settings, hour);
    return { id: hourIdOf(startMs), hour, startMs };
  });
  const stored = await getEpochs(
    database,
    named.map(({ id }) => id),
  );
  const views = named.map((each) =>
    viewOf(
      each,
      stored.find(({ id }) => id === each.id),
      nowMs,
    ),
  );
  const oldest = named.at(-1)?.hour ?? 0;
  const next = oldest > 0 ? encodeCursor({ before: String(oldest) }) : undefined;
  return toList(views.map(epochToJson), next);
};

/** The first hour of the page that a cursor names; without one, any. */
const hourBefore = (cursor: string | undefined): number => {
  if (cursor === undefined) return Number.POSITIVE_INFINITY;
  const { before = '' } = decodeCursor(cursor);
  if (/^[1-9][0-9]{0,8}$/.test(before)) return Number(before) - 1;
  const message = 'Use next_cursor of the page before, unchanged.';
  throw new AppError('request.malformed', { fields: [{ pointer: '/query/cursor', message }] });
};

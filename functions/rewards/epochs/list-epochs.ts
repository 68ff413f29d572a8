/** GET /v1/epochs: every hour since genesis, newest first, beginning with the one that runs, or with the last. */
import type * as z from 'zod';
import { toList } from '../../../shared/core/wire.ts';
import { viewOf } from '../../../shared/rewards/epoch.ts';
import { type epochListSchema, epochToJson } from '../../../shared/rewards/epoch-schemas.ts';
import { getEpochs } from '../../../shared/rewards/epoch-store.ts';
import { requireTokenSettings } from '../../../shared/token/token-mode.ts';
import type { Call, PageQuery } from '../../kit/route.ts';
import type { Runtime } from '../../kit/runtime.ts';
import { hoursOfPage } from '../hours-of-page.ts';

export const listEpochs = async (
  { database, token }: Pick<Runtime, 'database' | 'token'>,
  { query, nowMs }: Call<'public', unknown, PageQuery, unknown>,
): Promise<z.input<typeof epochListSchema>> => {
  const { hours, next } = hoursOfPage(requireTokenSettings(token), query, { from: 0, nowMs });
  const stored = await getEpochs(
    database,
    hours.map(({ id }) => id),
  );
  const storedOf = new Map(stored.map((epoch) => [epoch.id, epoch]));
  const views = hours.map((hour) => viewOf(hour, storedOf.get(hour.id), nowMs));
  return toList(views.map(epochToJson), next);
};

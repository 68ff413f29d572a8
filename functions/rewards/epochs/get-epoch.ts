/** GET /v1/epochs/{epoch_id}: how far an hour is, and what was published of it. */
import type * as z from 'zod';
import { type epochParams, epochToJson } from '../../../shared/rewards/epoch-schemas.ts';
import type { Call } from '../../kit/route.ts';
import type { Runtime } from '../../kit/runtime.ts';
import { requireEpoch } from './require-epoch.ts';

export const getEpoch = async (
  needs: Pick<Runtime, 'database' | 'token'>,
  { params, nowMs }: Call<'public', z.output<typeof epochParams>, unknown, unknown>,
) => epochToJson(await requireEpoch(needs, params.epoch_id, nowMs));

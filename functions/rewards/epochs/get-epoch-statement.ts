/** GET /v1/epochs/{epoch_id}/statement: a part of the statement's CSV, exactly as it was published. */
import type * as z from 'zod';
import { AppError } from '../../../shared/core/errors.ts';
import type { epochParams, statementQuery } from '../../../shared/rewards/epoch-schemas.ts';
import { getManifest } from '../../../shared/rewards/statement-store.ts';
import type { Call } from '../../kit/route.ts';
import { readPart } from '../read-rows.ts';
import type { RewardsNeeds } from '../rewards-needs.ts';
import { requirePublished } from './require-epoch.ts';

type StatementCall = Call<
  'public',
  z.output<typeof epochParams>,
  z.output<typeof statementQuery>,
  unknown
>;

export const getEpochStatement = async (
  needs: Pick<RewardsNeeds, 'database' | 'token' | 'statements'>,
  { params, query, nowMs }: StatementCall,
): Promise<Uint8Array> => {
  const { id, result } = await requirePublished(needs, params.epoch_id, nowMs);
  if (query.part >= result.parts) {
    throw new AppError('epoch.unknown_part', {
      message: `The statement of ${id} has ${result.parts} parts, counted from 0.`,
    });
  }
  const objects = needs.statements;
  const { parts } = await getManifest(objects, id, result.outputHash);
  const text = await readPart({ objects, epochId: id, parts }, query.part);
  return new TextEncoder().encode(text);
};

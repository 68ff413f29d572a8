/**
 * GET /v1/epochs/{epoch_id}/proof: that the rows of one device stand under the root of an epoch, with what
 * anybody needs to check their amounts. Reads the first part of the statement and those of the device.
 */
import type * as z from 'zod';
import { AppError } from '../../../shared/core/errors.ts';
import type { epochParams, proofQuery } from '../../../shared/rewards/epoch-schemas.ts';
import { partsOfDevice, proofFromParts } from '../../../shared/rewards/statement-parts.ts';
import { getManifest } from '../../../shared/rewards/statement-store.ts';
import type { Call } from '../../kit/route.ts';
import { readPartRows } from '../read-rows.ts';
import type { RewardsNeeds } from '../rewards-needs.ts';
import { requirePublished } from './require-epoch.ts';

type ProofCall = Call<'public', z.output<typeof epochParams>, z.output<typeof proofQuery>, unknown>;

export const getEpochProof = async (
  needs: Pick<RewardsNeeds, 'database' | 'token' | 'statements'>,
  { params, query, nowMs }: ProofCall,
) => {
  const { id, result } = await requirePublished(needs, params.epoch_id, nowMs);
  const objects = needs.statements;
  const { statement, parts } = await getManifest(objects, id, result.outputHash);
  const own = partsOfDevice(id, parts, query.device);
  // Nothing else needs to be read to know that it has none.
  if (own.length === 0) throw new AppError('epoch.no_entry');
  // The head stands in the first part, and every proof is of the head as well.
  const read = await Promise.all(
    [...new Set([0, ...own])].map(
      async (index) => [index, await readPartRows({ objects, epochId: id, parts }, index)] as const,
    ),
  );
  const proof = proofFromParts(statement, parts, new Map(read), query.device);
  if (!proof) throw new AppError('epoch.no_entry');
  return proof;
};

/**
 * GET /v1/epochs/{epoch_id}/proof: that the rows of one device stand under the root of an epoch, with what
 * anybody needs to check their amounts. Reads the first part of the statement and those of the device.
 */
import type * as z from 'zod';
import { assert, present } from '../../../shared/core/assert.ts';
import { AppError } from '../../../shared/core/errors.ts';
import type { epochParams, proofQuery } from '../../../shared/rewards/epoch-schemas.ts';
import type { StatementRow } from '../../../shared/rewards/statement.ts';
import { parsePart } from '../../../shared/rewards/statement-csv.ts';
import { partsOfDevice, proofFromParts } from '../../../shared/rewards/statement-parts.ts';
import { getDocument, getManifest } from '../../../shared/rewards/statement-store.ts';
import type { Call } from '../../kit/route.ts';
import type { RewardsNeeds } from '../rewards-needs.ts';
import { requirePublished } from './require-epoch.ts';

type ProofCall = Call<'public', z.output<typeof epochParams>, z.output<typeof proofQuery>, unknown>;

export const getEpochProof = async (
  needs: Pick<RewardsNeeds, 'database' | 'token' | 'statements'>,
  { params, query, nowMs }: ProofCall,
) => {
  const { id, result } = await requirePublished(needs, params.epoch_id, nowMs);
  const { statement, parts } = await getManifest(needs.statements, id, result.outputHash);
  const own = partsOfDevice(id, parts, query.device);
  // The head stands in the first part, and every proof is of the head as well.
  const read = await Promise.all(
    [...new Set([0, ...own])].map(async (index) => {
      const { hash } = present(parts[index], `no part ${index}`);
      return [index, rowsOf(index, await getDocument(needs.statements, id, hash))] as const;
    }),
  );
  const proof = proofFromParts(statement, parts, new Map(read), query.device);
  if (!proof) throw new AppError('epoch.no_entry');
  return proof;
};

const rowsOf = (index: number, text: string): readonly StatementRow[] => {
  const parsed = parsePart(index, text);
  assert(!('fault' in parsed), `part ${index} cannot be read: ${JSON.stringify(parsed)}`);
  return parsed as readonly StatementRow[];
};

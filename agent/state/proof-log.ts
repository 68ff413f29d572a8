/**
 * The last proofs of each processor with their receipts, `proofs.json`: for the owner to look at, and to show
 * to whom it may concern. The platform keeps its own record; nothing is decided by this one.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { isoSchema } from '../../shared/core/wire.ts';
import { profileSchema } from '../../shared/proofs/schemas.ts';
import { readJsonFile, validValue, writeJsonFile } from './json-file.ts';

/** Proofs that are kept of each processor. */
export const proofsKeptMax = 8;

const keptProofSchema = z.strictObject({
  processor_id: z.string(),
  gpu_index: z.int().min(0).nullable(),
  model: z.string(),
  purpose: z.string(),
  /** The slot's id or the challenge's. */
  source_id: z.string(),
  profile: profileSchema,
  /** When it ended, on this machine's clock. */
  at: isoSchema,
  /** Null when there was no verdict. */
  proof_id: z.string().nullable(),
  outcome: z.enum(['passed', 'failed', 'abandoned']),
  /** Why, in a code of the platform or the agent; null when it passed. */
  reason: z.string().nullable(),
  /** 10^9 operations per second as the platform measured them. */
  gops: z.int().nullable(),
  /** 10^6 bytes per second. */
  mbps: z.int().nullable(),
  pool_bytes: z.int().nullable(),
  receipt: z.looseObject({}).nullable(),
});

export type KeptProof = z.infer<typeof keptProofSchema>;

const proofLogSchema = z.strictObject({ version: z.literal(1), proofs: z.array(keptProofSchema) });

const proofLogPath = (stateFolder: string): string => join(stateFolder, 'proofs.json');

/** The kept proofs, the newest first; an absent or corrupted file counts as none. */
export const listKeptProofs = (stateFolder: string): readonly KeptProof[] =>
  validValue(readJsonFile(proofLogPath(stateFolder), proofLogSchema))?.proofs ?? [];

/** Adds a proof and drops the oldest of its processor beyond the bound. */
export const keepProof = (stateFolder: string, proof: KeptProof): void => {
  const others = listKeptProofs(stateFolder);
  const own = others.filter(({ processor_id }) => processor_id === proof.processor_id);
  const dropped = new Set(own.slice(proofsKeptMax - 1));
  const proofs = [proof, ...others.filter((one) => !dropped.has(one))];
  writeJsonFile(proofLogPath(stateFolder), { version: 1, proofs });
};

/** Forgets all of them. */
export const forgetProofs = (stateFolder: string): void =>
  rmSync(proofLogPath(stateFolder), { force: true });

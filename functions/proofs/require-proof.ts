/** A proof of the caller's organisation: one that is somebody else's does not exist for the caller. */
import type { Database } from '../../shared/core/database.ts';
import { AppError } from '../../shared/core/errors.ts';
import type { KeyPrincipal } from '../../shared/identity/principal.ts';
import type { Proof } from '../../shared/proofs/proof.ts';
import { findProof } from '../../shared/proofs/proof-store.ts';

/** The proof; `proof.unknown` when there is none, or not for this caller. */
export const requireProof = async (
  database: Database,
  caller: KeyPrincipal,
  proofId: string,
): Promise<Proof> => {
  const proof = await findProof(database, proofId);
  if (proof?.organisationId !== caller.organisationId) throw new AppError('proof.unknown');
  return proof;
};

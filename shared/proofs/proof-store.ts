/**
 * Proofs in the proofs table, in their device's partition. A proof is put if absent (its id is its slot or
 * challenge and its processor: that is the rule of one commitment), and each change holds only at the
 * status that was read: statuses never come back, so that nothing is overwritten.
 */
import type { Database, Page, Write } from '../core/database.ts';
import { proofKey, proofPartition, proofPrefix } from './keys.ts';
import { assertProof, type Proof, type ProofStatus } from './proof.ts';
import { parseProof, proofAttributes } from './proof-item.ts';

/** Creates the proof; refused when this slot or challenge was answered for the processor before. */
export const putNewProof = (proof: Proof): Write => ({
  kind: 'put',
  table: 'proofs',
  key: proofKey(proof.deviceId, proof.id),
  attributes: proofAttributes(assertProof(proof)),
  condition: { exists: false },
});

/** Writes what became of it; refused when it is no longer in the status that was read. */
export const putProof = (after: Proof, before: { readonly status: ProofStatus }): Write => ({
  kind: 'put',
  table: 'proofs',
  key: proofKey(after.deviceId, after.id),
  attributes: proofAttributes(assertProof(after)),
  condition: { equals: { state: before.status } },
});

/** A device's proof. */
export const getProof = async (
  database: Database,
  deviceId: string,
  proofId: string,
): Promise<Proof | undefined> => {
  const item = await database.get('proofs', proofKey(deviceId, proofId));
  return item && parseProof(item);
};

/** A device's proofs of these ids, none twice, in no particular order; absent ones are left out. */
export const getProofs = async (
  database: Database,
  deviceId: string,
  proofIds: readonly string[],
): Promise<readonly Proof[]> => {
  const proofs: Proof[] = [];
  for (let start = 0; start < proofIds.length; start += 100) {
    const keys = proofIds.slice(start, start + 100).map((id) => proofKey(deviceId, id));
    proofs.push(...(await database.getMany('proofs', keys)).map(parseProof));
  }
  return proofs;
};

/** A proof whose device is not known; eventually consistent for the first moments after its commitment. */
export const findProof = async (
  database: Database,
  proofId: string,
): Promise<Proof | undefined> => {
  const found = await database.query('proofs', {
    index: 'by_proof',
    pk: proofPartition(proofId),
    limit: 1,
  });
  const deviceId = found.items[0]?.['proof_sk'];
  return typeof deviceId === 'string' ? getProof(database, deviceId, proofId) : undefined;
};

/** A page of a device's proofs, newest first. */
export const listProofs = async (
  database: Database,
  page: { readonly deviceId: string; readonly limit: number; readonly cursor?: string | undefined },
): Promise<{ readonly proofs: readonly Proof[]; readonly next: string | undefined }> => {
  const found: Page = await database.query('proofs', {
    pk: proofKey(page.deviceId, '').pk,
    skPrefix: proofPrefix,
    descending: true,
    limit: page.limit,
    cursor: page.cursor,
  });
  return { proofs: found.items.map(parseProof), next: found.next };
};

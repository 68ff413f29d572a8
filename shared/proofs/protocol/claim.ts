/**
 * What a device says a processor is. The claim's hash is part of the commitment; the platform compares it
 * with its own record, so a claim decides nothing by itself.
 */
import { sha256 } from './bytes.ts';
import { canonicalJson } from './canonical-json.ts';

/** The eight fields, under their names on the wire. Texts are empty where there is none. */
export interface ProofClaim {
  readonly backend: string;
  readonly driver: string;
  readonly gpu_uuid: string;
  readonly kind: string;
  /** Bytes, below 2^53. */
  readonly memory_bytes: number;
  readonly model: string;
  readonly pci_id: string;
  readonly processor_id: string;
}

/** The RFC 8785 form of exactly the eight fields. */
export const canonicalClaim = (claim: ProofClaim): string => {
  const { backend, driver, gpu_uuid, kind, memory_bytes, model, pci_id, processor_id } = claim;
  return canonicalJson({
    backend,
    driver,
    gpu_uuid,
    kind,
    memory_bytes,
    model,
    pci_id,
    processor_id,
  });
};

/** SHA-256 of the canonical claim. */
export const claimHashOf = (claim: ProofClaim): Uint8Array => sha256(canonicalClaim(claim));

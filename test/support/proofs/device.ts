/** A device of a test: a key, one processor, and what it claims to be. */

import { sha256 } from '../../../shared/proofs/protocol/bytes.ts';
import type { ProofClaim } from '../../../shared/proofs/protocol/claim.ts';
import { publicKeyOf } from '../../../shared/proofs/protocol/ed25519.ts';

export interface TestDevice {
  /** Of the Ed25519 key, 32 bytes. */
  readonly keySeed: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly claim: ProofClaim;
}

/** The device that follows from this name. */
export const testDevice = (name: string): TestDevice => {
  const keySeed = sha256('test device', name);
  return {
    keySeed,
    publicKey: publicKeyOf(keySeed),
    claim: {
      backend: 'test',
      driver: '',
      gpu_uuid: '',
      kind: 'cpu',
      memory_bytes: 2 ** 34,
      model: 'Test CPU',
      pci_id: '',
      processor_id: `prc_${name}`,
    },
  };
};

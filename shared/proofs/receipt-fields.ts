/**
 * The receipt of a passed proof: all of it follows from the proof and its device, so that only the
 * signature and the key's id are stored.
 */
import { assert } from '../core/assert.ts';
import type { Device } from '../devices/device.ts';
import { hasWalk, type Proof } from './proof.ts';
import { bytesOfHex, toHex } from './protocol/bytes.ts';
import { deriveH2, deriveSid } from './protocol/derivation.ts';
import type { Receipt, ReceiptFields } from './protocol/receipt.ts';

/** What is signed for this proof by the key of that id. The proof has been measured. */
export const receiptFieldsOf = (
  proof: Proof,
  device: Pick<Device, 'publicId' | 'publicKey'>,
  kid: string,
): ReceiptFields => {
  const { metrics } = proof;
  assert(metrics !== null, `${proof.id}: a receipt without metrics`);
  const { gops, mbps, poolBytes } = metrics;
  return {
    v: 1,
    kid,
    public_id: device.publicId,
    device_pub: toHex(Buffer.from(device.publicKey, 'base64')),
    purpose: proof.purpose,
    ...(proof.purpose === 'slot' ? { slot: proof.sourceId } : { challenge: proof.sourceId }),
    profile: proof.load.params.profile,
    sid: toHex(deriveSid(proof.sourceId, proof.processorId)),
    h2: toHex(h2Of(proof)),
    model: proof.claim.model,
    gops,
    ...(mbps === null || poolBytes === null ? {} : { mbps, pool_bytes: poolBytes }),
    at: proof.t1Ms,
  };
};

/** The second commitment of a proof. */
export const h2Of = (proof: Proof): Uint8Array => {
  if (!hasWalk(proof)) return deriveH2(bytesOfHex(proof.h1), null);
  assert(proof.walkSeed !== null && proof.laneRoot !== null, `${proof.id}: not walked yet`);
  const walk = { walkSeed: bytesOfHex(proof.walkSeed), laneRoot: bytesOfHex(proof.laneRoot) };
  return deriveH2(bytesOfHex(proof.h1), walk);
};

/** The receipt of a proof; null unless it passed. */
export const receiptOf = (
  proof: Proof,
  device: Pick<Device, 'publicId' | 'publicKey'>,
): Receipt | null =>
  proof.receipt && {
    ...receiptFieldsOf(proof, device, proof.receipt.kid),
    signature: proof.receipt.signature,
  };

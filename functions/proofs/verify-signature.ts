/** The device's own signature of a commitment, which transcripts show: checked before anything is written. */
import { AppError } from '../../shared/core/errors.ts';
import type { Device } from '../../shared/devices/device.ts';
import { bytesOfHex } from '../../shared/proofs/protocol/bytes.ts';
import { isSignedBy, signatureBytes } from '../../shared/proofs/protocol/ed25519.ts';

/** The device's public key, 32 bytes. */
export const publicKeyOf = (device: Pick<Device, 'publicKey'>): Uint8Array =>
  Buffer.from(device.publicKey, 'base64');

/** Throws `proof.signature_invalid` unless the device signed the digest (32 bytes). */
export const requireSigned = (device: Device, digest: Uint8Array, signature: string): void => {
  if (!isSignedBy(publicKeyOf(device), digest, bytesOfHex(signature, signatureBytes))) {
    throw new AppError('proof.signature_invalid');
  }
};

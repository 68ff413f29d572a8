/** An Ed25519 key made of 32 bytes, as the treasury's is, and its address. */
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { encodeBase58 } from '../../shared/core/base58.ts';

/** The header of an Ed25519 private key as PKCS #8; the 32 bytes of the seed follow. */
const pkcs8Header = Buffer.from('302e020100300506032b657004220420', 'hex');

export const keyOf = (bytes: Uint8Array) => {
  const der = Buffer.concat([pkcs8Header, bytes]);
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const publicKey = createPublicKey(privateKey);
  const spki = publicKey.export({ format: 'der', type: 'spki' });
  return { publicKey, privateKey, address: encodeBase58(spki.subarray(-32)) };
};

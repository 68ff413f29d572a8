/** Ed25519 keys derived from a seed, signing at once: for the accounts that the local chain itself has. */
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { type Address, getAddressDecoder, type SignatureBytes } from '@solana/kit';

export interface DerivedKey {
  readonly address: Address;
  readonly sign: (message: Uint8Array) => SignatureBytes;
}

/** What stands before the 32 bytes of a private key in PKCS #8. */
const pkcs8Header = Buffer.from('302e020100300506032b657004220420', 'hex');

const addressOf = (key: KeyObject): Address =>
  getAddressDecoder().decode(
    createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32),
  );

/** The key of this name; the same seed and name give the same key. */
export const deriveKey = (seed: string, name: string): DerivedKey => {
  const secret = createHash('sha256').update(`${seed}/${name}`).digest();
  const key = createPrivateKey({
    key: Buffer.concat([pkcs8Header, secret]),
    format: 'der',
    type: 'pkcs8',
  });
  return {
    address: addressOf(key),
    sign: (message) => Uint8Array.from(sign(null, message, key)) as SignatureBytes,
  };
};

/**
 * The key that signs receipts, as it follows from the secret that Secrets Manager made and keeps. Whoever
 * rotates the secret rotates the key; the one before it stays published until the next rotation.
 */
import { sha256, toHex } from './protocol/bytes.ts';
import { publicKeyOf } from './protocol/ed25519.ts';

export interface ReceiptKey {
  /** First 16 hexadecimal digits of the SHA-256 of the public key. */
  readonly kid: string;
  /** Ed25519, 64 hexadecimal digits. */
  readonly publicKey: string;
  /** 32 bytes; secret. */
  readonly seed: Uint8Array;
}

/** The key of a secret's text. */
export const receiptKeyOf = (secret: string): ReceiptKey => {
  const seed = sha256('poc/receipt-key', secret);
  const publicKey = publicKeyOf(seed);
  return { kid: toHex(sha256(publicKey)).slice(0, 16), publicKey: toHex(publicKey), seed };
};

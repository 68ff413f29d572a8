/**
 * Receipts: what the platform signs when a proof passed. Whole numbers and texts only, in RFC 8785 form,
 * so that anybody checks one offline against the published keys. Pure: the key's seed is passed in.
 */
import { bytesOfHex, digestBytes, fromHex, toHex, utf8 } from './bytes.ts';
import { canonicalJson } from './canonical-json.ts';
import { isSignedBy, signatureBytes, signBytes } from './ed25519.ts';
import type { Profile } from './parameters.ts';

export const receiptPurposes = ['slot', 'onboarding', 'acceptance', 'recheck'] as const;

export type ReceiptPurpose = (typeof receiptPurposes)[number];

/** The signed fields, under their names on the wire. */
export interface ReceiptFields {
  readonly v: 1;
  /** Names the key that signs. */
  readonly kid: string;
  /** The device's public id. */
  readonly public_id: string;
  /** 64 hexadecimal digits, as every digest here. */
  readonly device_pub: string;
  readonly purpose: ReceiptPurpose;
  /** The slot's id, when the purpose is `slot`. */
  readonly slot?: string;
  /** The challenge's id, for every other purpose. */
  readonly challenge?: string;
  readonly profile: Profile;
  readonly sid: string;
  readonly h2: string;
  readonly model: string;
  readonly gops: number;
  /** Full proofs alone carry bandwidth and pool. */
  readonly mbps?: number;
  readonly pool_bytes?: number;
  /** When the commit arrived, in epoch milliseconds. */
  readonly at: number;
}

export interface Receipt extends ReceiptFields {
  /** Ed25519 over the domain and the canonical fields: 128 hexadecimal digits. */
  readonly signature: string;
}

const domain = 'poc/receipt';

/** The bytes that are signed: "poc/receipt" || RFC 8785 JSON of all fields but the signature. */
export const receiptMessage = (fields: ReceiptFields): Uint8Array =>
  utf8(`${domain}${canonicalJson({ ...fields })}`);

/** The receipt of these fields, signed with the 32 bytes of an Ed25519 seed. */
export const signReceipt = (fields: ReceiptFields, seed: Uint8Array): Receipt => ({
  ...fields,
  signature: toHex(signBytes(seed, receiptMessage(fields))),
});

/** The published keys: kid to public key, 64 hexadecimal digits. */
export type ReceiptKeys = Readonly<Record<string, string>>;

/** Whether the receipt is signed by the published key that it names. Never throws on parsed receipts. */
export const isReceiptSigned = (receipt: Receipt, keys: ReceiptKeys): boolean => {
  const { signature: text, ...fields } = receipt;
  const key = Object.hasOwn(keys, receipt.kid) ? keys[receipt.kid] : undefined;
  const signature = fromHex(text, signatureBytes);
  if (key === undefined || signature === undefined) return false;
  return isSignedBy(bytesOfHex(key, digestBytes), receiptMessage(fields), signature);
};

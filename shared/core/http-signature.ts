/**
 * HTTP Message Signatures (RFC 9421) in the one profile that agents use: Ed25519, label `sig`, over
 * @method, @authority, @path and content-digest, with created, nonce and keyid. `@path` is the path
 * below the API's base address, which gateways may strip. Pure: clock and nonce are passed in; whether
 * the nonce is new is for the caller to check.
 */
import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { sha256Base64 } from './hash.ts';
import { secondMs } from './time.ts';

/** Largest accepted difference between `created` and the verifier's clock, in seconds. */
export const skewSecondsMax = 60;

/** What a signature covers. */
export interface SignedParts {
  readonly method: string;
  /** Host and port as in the Host header, lower case. */
  readonly authority: string;
  readonly path: string;
  /** As it stands on the wire: a text counts as its UTF-8 bytes. */
  readonly body: string | Uint8Array;
}

const covered = '("@method" "@authority" "@path" "content-digest")';
const inputForm =
  /^sig=\("@method" "@authority" "@path" "content-digest"\);created=(\d{1,12});nonce="([A-Za-z0-9_-]{16,64})";keyid="([A-Za-z0-9_+/=-]{1,64})"$/;
const signatureForm = /^sig=:([A-Za-z0-9+/]{86}==):$/;

const digestOf = (body: string | Uint8Array): string => `sha-256=:${sha256Base64(body)}:`;

const signatureBase = (parts: SignedParts, parameters: string): string =>
  [
    `"@method": ${parts.method.toUpperCase()}`,
    `"@authority": ${parts.authority.toLowerCase()}`,
    `"@path": ${parts.path}`,
    `"content-digest": ${digestOf(parts.body)}`,
    `"@signature-params": ${parameters}`,
  ].join('\n');

/** The headers that sign one request. `privateKeyPem` is PKCS #8; `keyid` names the key to the platform. */
export const signatureHeaders = (
  parts: SignedParts,
  key: { readonly privateKeyPem: string; readonly keyid: string },
  at: { readonly nowMs: number; readonly nonce: string },
): Readonly<Record<'content-digest' | 'signature-input' | 'signature', string>> => {
  const created = Math.floor(at.nowMs / secondMs);
  const parameters = `${covered};created=${created};nonce="${at.nonce}";keyid="${key.keyid}"`;
  const base = signatureBase(parts, parameters);
  const value = sign(null, Buffer.from(base), createPrivateKey(key.privateKeyPem));
  return {
    'content-digest': digestOf(parts.body),
    'signature-input': `sig=${parameters}`,
    signature: `sig=:${value.toString('base64')}:`,
  };
};

/** What a request's headers claim, before anything is believed; undefined when they are not of our form. */
export const readSignature = (headers: Readonly<Record<string, string | undefined>>) => {
  const input = inputForm.exec(headers['signature-input'] ?? '');
  const value = signatureForm.exec(headers['signature'] ?? '');
  if (!input?.[1] || !input[2] || !input[3] || !value?.[1]) return undefined;
  return {
    createdMs: Number(input[1]) * secondMs,
    nonce: input[2],
    keyid: input[3],
    parameters: (headers['signature-input'] ?? '').slice('sig='.length),
    signature: Buffer.from(value[1], 'base64'),
    contentDigest: headers['content-digest'],
  };
};

export type ReadSignature = NonNullable<ReturnType<typeof readSignature>>;

/** Whether `created` lies within the accepted skew of `nowMs`. */
export const withinSkew = (read: ReadSignature, nowMs: number): boolean =>
  Math.abs(nowMs - read.createdMs) <= skewSecondsMax * secondMs;

/** Whether the signature is of these parts by the holder of this Ed25519 key (32 bytes, base64). */
export const verifySignature = (
  parts: SignedParts,
  read: ReadSignature,
  publicKeyBase64: string,
): boolean => {
  if (read.contentDigest !== digestOf(parts.body)) return false;
  const raw = Buffer.from(publicKeyBase64, 'base64');
  // One text per key: another spelling of the same bytes would pass for another key.
  if (raw.length !== 32 || raw.toString('base64') !== publicKeyBase64) return false;
  const key = createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') },
    format: 'jwk',
  });
  return verify(null, Buffer.from(signatureBase(parts, read.parameters)), key, read.signature);
};

/** Digests with names. SHA-256 for content and secrets, FNV-1a for shards; nothing else. */
import { createHash } from 'node:crypto';

/** SHA-256 of the text or bytes, as 64 lower-case hexadecimal digits. */
export const sha256Hex = (data: string | Uint8Array): string =>
  createHash('sha256').update(data).digest('hex');

/** SHA-256 as base64 (as in Content-Digest, RFC 9530). */
export const sha256Base64 = (data: string | Uint8Array): string =>
  createHash('sha256').update(data).digest('base64');

/** A stable number in 0..count-1 for the text; spreads keys over shards and minutes. */
export const shardOf = (text: string, count: number): number => {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193) >>> 0;
  }
  return hash % count;
};

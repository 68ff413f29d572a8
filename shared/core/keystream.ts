/**
 * Octets that follow from a seed and from nothing else: AES-256 in counter mode over zeros. Who does not
 * know the seed cannot tell them from random ones or say any of them in advance; nothing compresses them.
 */
import { createCipheriv } from 'node:crypto';
import { assert } from './assert.ts';

/** `count` octets of a seed of 32 bytes. The key is the seed; the counter begins at zero. */
export const keystream = (seed: Uint8Array, count: number): Uint8Array => {
  assert(seed.length === 32, `a seed of ${seed.length} bytes`);
  return createCipheriv('aes-256-ctr', seed, Buffer.alloc(16)).update(Buffer.alloc(count));
};

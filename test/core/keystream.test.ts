/** The keystream of a seed: the same on both sides, and another one for another seed. */
import { keystream } from '../../shared/core/keystream.ts';

describe('keystream', () => {
  it('is AES-256 in counter mode over zeros', () => {
    const seed = Uint8Array.from({ length: 32 }, (_, index) => index);
    const hex = Buffer.from(keystream(seed, 32)).toString('hex');
    expect(hex.slice(0, 32)).toBe('f29000b62a499fd0a9f39a6add2e7780');
    expect(keystream(seed, 5)).toEqual(keystream(seed, 32).subarray(0, 5));
  });

  it('differs by its seed, and takes seeds of 32 bytes alone', () => {
    const [a, b] = [keystream(new Uint8Array(32), 64), keystream(new Uint8Array(32).fill(1), 64)];
    expect(a).not.toEqual(b);
    expect(() => keystream(new Uint8Array(31), 1)).toThrow('a seed of 31 bytes');
  });
});

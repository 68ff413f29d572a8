/** Which keys may name a device, and that signatures are of exactly these bytes by exactly this key. */
import {
  isAcceptablePublicKey,
  isSignedBy,
  publicKeyOf,
  signBytes,
} from '../../../shared/proofs/protocol/ed25519.ts';
import { Chance } from '../../support/proofs/chance.ts';
import { withBitFlipped } from '../../support/proofs/cheat.ts';

const p = 2n ** 255n - 19n;

/** y and the sign of x as 32 bytes. */
const encoded = (y: bigint, sign: 0 | 1 = 0): Uint8Array =>
  Buffer.from((y | (BigInt(sign) << 255n)).toString(16).padStart(64, '0'), 'hex').reverse();

/** The y of order 8 as others publish them, little-endian. */
const orderEight = [
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
].map((hex) => Buffer.from(hex, 'hex'));

describe('public keys', () => {
  it('of honest devices are accepted', () => {
    const chance = new Chance('keys');
    for (let key = 0; key < 50; key += 1) {
      expect(isAcceptablePublicKey(publicKeyOf(chance.bytes(32)))).toBe(true);
    }
  });

  it.each([0, 1] as const)('of small order are refused, with sign bit %i', (sign) => {
    for (const y of [0n, 1n, p - 1n]) {
      expect(isAcceptablePublicKey(encoded(y, sign))).toBe(false);
    }
    for (const bytes of orderEight) {
      const signed = Buffer.from(bytes);
      signed[31] = (signed[31] as number) | (sign << 7);
      expect(isAcceptablePublicKey(signed)).toBe(false);
    }
  });

  it('in a second spelling are refused', () => {
    for (let y = p; y < 2n ** 255n; y += 1n) {
      expect(isAcceptablePublicKey(encoded(y))).toBe(false);
      expect(isAcceptablePublicKey(encoded(y, 1))).toBe(false);
    }
  });

  it('that are no point of the curve are refused: half of all texts', () => {
    const chance = new Chance('points');
    let points = 0;
    for (let time = 0; time < 400; time += 1) {
      if (isAcceptablePublicKey(chance.bytes(32))) points += 1;
    }
    // Six standard deviations of 400 coins.
    expect(Math.abs(points - 200)).toBeLessThan(60);
  });

  it('of another length are refused', () => {
    const key = publicKeyOf(new Uint8Array(32));
    expect(isAcceptablePublicKey(key.subarray(1))).toBe(false);
    expect(isAcceptablePublicKey(Buffer.concat([key, key]))).toBe(false);
    expect(isAcceptablePublicKey(new Uint8Array(0))).toBe(false);
  });

  it('of small order verify nothing here either', () => {
    const neutral = encoded(1n);
    const signature = Buffer.concat([neutral, new Uint8Array(32)]);
    expect(isSignedBy(neutral, Buffer.from('any message'), signature)).toBe(false);
  });
});

describe('signatures', () => {
  // RFC 8032, section 7.1, test 2.
  const seed = Buffer.from(
    '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    'hex',
  );
  const message = Buffer.from('72', 'hex');

  it('are those of RFC 8032', () => {
    expect(Buffer.from(publicKeyOf(seed)).toString('hex')).toBe(
      '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    );
    expect(Buffer.from(signBytes(seed, message)).toString('hex')).toBe(
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da' +
        '085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
    );
  });

  it('are of every bit of the message and of every bit of themselves', () => {
    const [key, signature] = [publicKeyOf(seed), signBytes(seed, message)];
    expect(isSignedBy(key, message, signature)).toBe(true);
    for (let bit = 0; bit < 8; bit += 1) {
      expect(isSignedBy(key, withBitFlipped(message, bit), signature)).toBe(false);
    }
    for (let bit = 0; bit < 512; bit += 1) {
      expect(isSignedBy(key, message, withBitFlipped(signature, bit))).toBe(false);
    }
  });
});

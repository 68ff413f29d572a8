/** Solana's addresses and signatures, held against Kit and web3.js and against keys that anybody has. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { address, getAddressDecoder, getBase58Encoder, isOffCurveAddress } from '@solana/kit';
import { PublicKey } from '@solana/web3.js';
import fc from 'fast-check';
import { decodeBase58, encodeBase58 } from '../../shared/core/base58.ts';
import {
  addressToBytes,
  isSignedBy,
  isWalletAddress,
  solanaAddressSchema,
  solanaSignatureSchema,
  walletAddressSchema,
} from '../../shared/core/solana-address.ts';

const usdcMint = 'EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v';
const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });

/** Texts of all eight points of small order, which sign anything for anybody. */
const smallOrder = [
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0000000000000000000000000000000000000000000000000000000000000080',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
].map((hex) => encodeBase58(Buffer.from(hex, 'hex')));

const newWallet = () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const key = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  return { privateKey, wallet: encodeBase58(key) };
};

describe('base58', () => {
  it('reads and writes what Kit does, leading zeros included', () => {
    fc.assert(
      fc.property(fc.nat(4), fc.uint8Array({ maxLength: 64 }), (zeros, rest) => {
        const bytes = Uint8Array.from([...Array<number>(zeros).fill(0), ...rest]);
        const text = encodeBase58(bytes);
        expect(decodeBase58(text)).toEqual(bytes);
        expect(Uint8Array.from(getBase58Encoder().encode(text))).toEqual(bytes);
      }),
    );
  });

  it('writes an address as Kit does', () => {
    fc.assert(
      fc.property(bytes32, (bytes) => {
        expect(encodeBase58(bytes)).toBe(getAddressDecoder().decode(bytes));
      }),
    );
  });

  it.each(['0', 'O', 'I', 'l', ' ', 'a-b', 'é'])('refuses %j', (text) => {
    expect(decodeBase58(text)).toBeUndefined();
  });

  it('stops at 128 bytes', () => {
    expect(decodeBase58('1'.repeat(128))).toHaveLength(128);
    expect(decodeBase58('1'.repeat(129))).toBeUndefined();
    expect(decodeBase58('z'.repeat(1_000_000))).toBeUndefined();
    expect(() => encodeBase58(new Uint8Array(129))).toThrow('base58');
  });
});

describe('a Solana address', () => {
  it('is 32 bytes in base58', () => {
    expect(solanaAddressSchema.parse(usdcMint)).toBe(usdcMint);
    expect(addressToBytes(usdcMint)).toEqual(new PublicKey(usdcMint).toBytes());
  });

  it.each([
    ['', 'nothing'],
    [usdcMint.slice(2), 'a byte too few'],
    [`1${usdcMint}`, 'a zero byte more'],
    ['z'.repeat(44), 'more than 32 bytes'],
    [usdcMint.replace('E', '0'), 'a digit that base58 has not'],
    [` ${usdcMint}`, 'a space'],
  ])('is not %j: %s', (text) => {
    expect(solanaAddressSchema.safeParse(text).success).toBe(false);
    expect(isWalletAddress(text)).toBe(false);
    expect(() => addressToBytes(text)).toThrow('no address');
  });

  it('is a wallet exactly where Kit and web3.js find a point on the curve', () => {
    fc.assert(
      fc.property(bytes32, (bytes) => {
        const text = encodeBase58(bytes);
        const onCurve = isWalletAddress(text);
        expect(onCurve).toBe(!isOffCurveAddress(address(text)));
        expect(onCurve).toBe(PublicKey.isOnCurve(bytes));
        expect(walletAddressSchema.safeParse(text).success).toBe(onCurve);
      }),
    );
  });

  it('is a wallet for every key that is made', () => {
    for (let made = 0; made < 50; made += 1) expect(isWalletAddress(newWallet().wallet)).toBe(true);
  });

  it.each(smallOrder)('is no wallet where anybody can sign: %s', (text) => {
    expect(solanaAddressSchema.safeParse(text).success).toBe(true);
    expect(isWalletAddress(text)).toBe(false);
  });

  it('is no wallet in a second spelling of a point', () => {
    // y = 3 is a point; so would be 3 + p, which fits into 255 bits.
    const spelled = (y: bigint) =>
      encodeBase58(Buffer.from(y.toString(16).padStart(64, '0'), 'hex').reverse());
    expect(isWalletAddress(spelled(3n))).toBe(true);
    expect(isWalletAddress(spelled(3n + 2n ** 255n - 19n))).toBe(false);
  });
});

describe('a signature', () => {
  const message = Buffer.from('raymesh wants you to sign in');

  it('is good of the wallet over the message, as base58 or bytes, and of no other', () => {
    const [mine, other] = [newWallet(), newWallet()];
    const bytes = sign(null, message, mine.privateKey);
    expect(isSignedBy(mine.wallet, message, bytes)).toBe(true);
    expect(isSignedBy(mine.wallet, message, encodeBase58(bytes))).toBe(true);
    expect(isSignedBy(other.wallet, message, bytes)).toBe(false);
    expect(isSignedBy(mine.wallet, Buffer.from('another message'), bytes)).toBe(false);
  });

  it('is not good with any bit turned', () => {
    const { wallet, privateKey } = newWallet();
    const bytes = sign(null, message, privateKey);
    for (let index = 0; index < 512; index += 7) {
      const turned = Uint8Array.from(bytes);
      turned[index >> 3] = (turned[index >> 3] ?? 0) ^ (1 << (index & 7));
      expect(isSignedBy(wallet, message, turned)).toBe(false);
    }
  });

  it.each(smallOrder)('of %s, which anybody can make, is not good', (wallet) => {
    // Node 20 takes it for about every eighth message, Node 24 refuses it by itself.
    const forged = Buffer.concat([Buffer.from(addressToBytes(wallet)), Buffer.alloc(32)]);
    for (let n = 0; n < 32; n += 1) {
      expect(isSignedBy(wallet, Buffer.from(`message ${n}`), forged)).toBe(false);
    }
  });

  it('is refused, and nothing thrown, on rubbish', () => {
    const { wallet } = newWallet();
    expect(isSignedBy(wallet, message, '')).toBe(false);
    expect(isSignedBy(wallet, message, 'not base58: 0OIl')).toBe(false);
    expect(isSignedBy(wallet, message, new Uint8Array(63))).toBe(false);
    expect(isSignedBy('rubbish', message, new Uint8Array(64))).toBe(false);
  });

  it('is 64 bytes where it names a transaction', () => {
    expect(solanaSignatureSchema.safeParse(encodeBase58(new Uint8Array(64).fill(7))).success).toBe(
      true,
    );
    expect(solanaSignatureSchema.safeParse(encodeBase58(new Uint8Array(63).fill(7))).success).toBe(
      false,
    );
    expect(solanaSignatureSchema.safeParse('rubbish').success).toBe(false);
  });
});

/** Receipts: anybody verifies one offline, and no bit of one can be changed. */
import { toHex } from '../../../shared/proofs/protocol/bytes.ts';
import { publicKeyOf } from '../../../shared/proofs/protocol/ed25519.ts';
import {
  isReceiptSigned,
  type Receipt,
  type ReceiptFields,
  receiptMessage,
  signReceipt,
} from '../../../shared/proofs/protocol/receipt.ts';
import { Chance } from '../../support/proofs/chance.ts';

const chance = new Chance('receipts');
const seed = chance.bytes(32);
const keys = { 'poc-1': toHex(publicKeyOf(seed)), 'poc-2': toHex(publicKeyOf(chance.bytes(32))) };

const fields: ReceiptFields = {
  v: 1,
  kid: 'poc-1',
  public_id: 'K3Z9-Ω',
  device_pub: toHex(chance.bytes(32)),
  purpose: 'slot',
  slot: '2026-10-01T21:20:00Z',
  profile: 2,
  sid: toHex(chance.bytes(32)),
  h2: toHex(chance.bytes(32)),
  model: 'RTX 4090',
  gops: 429_000,
  mbps: 1_008_000,
  pool_bytes: 21_904_000_000,
  at: 1_790_889_604_512,
};
const receipt = signReceipt(fields, seed);

/** The same text with one bit of its UTF-8 form changed; null where that is no text. */
const textWithBit = (text: string, bit: number): string | null => {
  const bytes = Buffer.from(text, 'utf8');
  bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
  const changed = bytes.toString('utf8');
  return Buffer.from(changed, 'utf8').equals(bytes) ? changed : null;
};

/** Every receipt that differs from this one in one bit of one field. */
const oneBitAway = (of: Receipt): readonly Receipt[] =>
  Object.entries(of).flatMap(([name, value]: [string, string | number]) => {
    if (typeof value === 'number') {
      const bits = value < 2 ** 31 ? 31 : 52;
      const changed = Array.from({ length: bits }, (_, bit) =>
        Number(BigInt(value) ^ (1n << BigInt(bit))),
      );
      return changed.map((other) => ({ ...of, [name]: other }));
    }
    const bits = 8 * Buffer.byteLength(value);
    return Array.from({ length: bits }, (_, bit) => textWithBit(value, bit))
      .filter((other) => other !== null)
      .map((other) => ({ ...of, [name]: other }));
  });

describe('a receipt', () => {
  it('is signed over its domain and its canonical fields', () => {
    const message = Buffer.from(receiptMessage(fields)).toString('utf8');
    expect(message.startsWith('poc/receipt{"at":1790889604512,"device_pub":"')).toBe(true);
    expect(message).not.toContain('signature');
    expect(isReceiptSigned(receipt, keys)).toBe(true);
  });

  it('survives being written and read, in any order of fields', () => {
    const read = JSON.parse(JSON.stringify(receipt)) as Receipt;
    const reversed = Object.fromEntries(Object.entries(read).reverse()) as unknown as Receipt;
    expect(isReceiptSigned(reversed, keys)).toBe(true);
  });

  it('fails after any change of one bit', () => {
    const changed = oneBitAway(receipt);
    expect(changed.length).toBeGreaterThan(2_500);
    const stillSigned = changed.filter((each) => isReceiptSigned(each, keys));
    expect(stillSigned).toEqual([]);
  });

  it('fails with a field more or a field less', () => {
    const { mbps, ...less } = receipt;
    expect(mbps).toBe(fields.mbps);
    expect(isReceiptSigned(less, keys)).toBe(false);
    expect(isReceiptSigned({ ...receipt, challenge: 'chl_1' }, keys)).toBe(false);
  });

  it('fails under every key but the one that it names', () => {
    expect(isReceiptSigned({ ...receipt, kid: 'poc-2' }, keys)).toBe(false);
    expect(isReceiptSigned({ ...receipt, kid: 'toString' }, keys)).toBe(false);
    expect(isReceiptSigned(receipt, {})).toBe(false);
    expect(isReceiptSigned(receipt, { 'poc-1': keys['poc-2'] })).toBe(false);
  });

  it('fails with a signature that is spelled otherwise', () => {
    for (const signature of ['', receipt.signature.toUpperCase(), `${receipt.signature}00`, 'x']) {
      expect(isReceiptSigned({ ...receipt, signature }, keys)).toBe(false);
    }
  });
});

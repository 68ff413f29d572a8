/** Fees and conversions, to the unit (C13, P12): against a search, and against each other. */
import fc from 'fast-check';
import { splitUsdc } from '../../../shared/ledger/chain/deposit.ts';
import { payoutFee } from '../../../shared/ledger/chain/payout-hold.ts';
import { ioBehind, ioOfMicros, microsOfIo } from '../../../shared/ledger/io-price.ts';

const ceil = (a: bigint, b: bigint): bigint => (a + b - 1n) / b;

it('a deposit of USDC credits the most whose 2 % on top is paid for, for every g < 200,000 (C13)', () => {
  let expected = 0n;
  for (let gross = 0n; gross < 200_000n; gross += 1n) {
    // The credit grows by one exactly when one more and its fee, rounded up, still fit.
    if (expected + 1n + ceil((expected + 1n) * 200n, 10_000n) <= gross) expected += 1n;
    const { creditUnits, feeUnits } = splitUsdc(gross);
    if (creditUnits !== expected || feeUnits !== gross - expected) {
      throw new Error(`${gross} credits ${creditUnits}, not ${expected}`);
    }
  }
});

it.each([
  [1n, 0n, 1n],
  [2n, 1n, 1n],
  [102n, 100n, 2n],
  [103n, 100n, 3n],
  [1_020_000n, 1_000_000n, 20_000n],
])('%s micro-dollars of USDC are %s of credit and %s of fee', (gross, credit, fee) => {
  expect(splitUsdc(gross)).toEqual({ creditUnits: credit, feeUnits: fee });
});

it.each([
  [1n, 1n],
  [50n, 1n],
  [51n, 2n],
  [1_000_000n, 20_000n],
  [1_000_001n, 20_001n],
])('a payout of %s in USDC costs %s, and nothing in IO (P12)', (units, fee) => {
  expect(payoutFee('usdc', units)).toBe(fee);
  expect(payoutFee('io', units)).toBe(0n);
});

it('the fee of a payout is the least whole part that is not below 2 %, and never above the amount', () => {
  void fc.assert(
    fc.property(fc.bigInt(1n, 10n ** 24n), (units) => {
      const fee = payoutFee('usdc', units);
      expect(fee <= units).toBe(true);
      expect(fee * 10_000n >= units * 200n && (fee - 1n) * 10_000n < units * 200n).toBe(true);
    }),
  );
});

describe('conversion of IO', () => {
  it.each([
    // One IO at a dollar; a unit too little to be a micro-dollar; the whole supply at 1,234.56 USD.
    [100_000_000n, 1_000_000_000n, 1_000_000n],
    [99n, 1_000_000_000n, 0n],
    [100n, 1_000_000_000n, 1n],
    [30_000_000_000_000_000n, 1_234_560_000_000n, 370_368_000_000_000_000n],
  ])('%s base units at %s nano-dollars are %s micro-dollars', (units, nanoUsdPerIo, micros) => {
    expect(microsOfIo(units, { nanoUsdPerIo })).toBe(micros);
  });

  it('there and back never gains, and loses less than one unit of the worth', () => {
    void fc.assert(
      fc.property(fc.bigInt(1n, 10n ** 15n), fc.bigInt(1n, 10n ** 13n), (micros, nanoUsdPerIo) => {
        const price = { nanoUsdPerIo };
        const units = ioOfMicros(micros, price);
        expect(microsOfIo(units, price) <= micros).toBe(true);
        expect(microsOfIo(units + 1n, price) >= micros).toBe(true);
      }),
    );
  });

  it('at no price is an alarm, and nothing stands behind a payment of unknown price', () => {
    expect(() => microsOfIo(1n, { nanoUsdPerIo: 0n })).toThrow('a price of nothing');
    expect(() => ioOfMicros(1n, { nanoUsdPerIo: -1n })).toThrow('a price of nothing');
    expect(ioBehind(1n, undefined)).toEqual({});
  });
});

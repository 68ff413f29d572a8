/** Money: integers, named rounding, exact wire forms. */
import fc from 'fast-check';
import {
  centsOfMicros,
  formatUsd,
  isWholeCents,
  microsOfCents,
  moneyFromJson,
  moneySchema,
  moneyToJson,
  mulDivCeil,
  mulDivFloor,
  positiveUsdSchema,
  usd,
} from '../../shared/core/money.ts';

const positive = fc.bigInt({ min: 1n, max: 10n ** 27n });
const natural = fc.bigInt({ min: 0n, max: 10n ** 27n });

describe('money', () => {
  it('rounds down with floor and up with ceil, at most one unit apart', () => {
    fc.assert(
      fc.property(natural, natural, positive, (a, numerator, denominator) => {
        const floor = mulDivFloor(a, numerator, denominator);
        const ceil = mulDivCeil(a, numerator, denominator);
        expect(floor * denominator <= a * numerator).toBe(true);
        expect(ceil * denominator >= a * numerator).toBe(true);
        expect(ceil - floor <= 1n).toBe(true);
      }),
    );
  });

  it('gives, cumulatively floored, the same sum however time is cut', () => {
    fc.assert(
      fc.property(natural, fc.array(fc.nat(7200), { maxLength: 20 }), (rate, cuts) => {
        let seconds = 0n;
        let billed = 0n;
        for (const cut of cuts) {
          const before = mulDivFloor(rate, seconds, 3600n);
          seconds += BigInt(cut);
          billed += mulDivFloor(rate, seconds, 3600n) - before;
        }
        expect(billed).toBe(mulDivFloor(rate, seconds, 3600n));
      }),
    );
  });

  it.each([
    [-1n, 1n, 1n],
    [1n, -1n, 1n],
    [1n, 1n, 0n],
  ])('refuses to scale %s by %s / %s', (a, numerator, denominator) => {
    expect(() => mulDivFloor(a, numerator, denominator)).toThrow('domain');
    expect(() => mulDivCeil(a, numerator, denominator)).toThrow('domain');
  });

  it('survives the wire unchanged', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 27n) + 1n, max: 10n ** 27n - 1n }), (units) => {
        const json = moneySchema.parse(JSON.parse(JSON.stringify(moneyToJson(usd(units)))));
        expect(moneyFromJson(json)).toEqual(usd(units));
      }),
    );
  });

  it.each(['', '1.5', '01', '+1', '1e6', ' 1', '-', '1'.repeat(28)])(
    'refuses %j as an amount',
    (amount) => {
      expect(moneySchema.safeParse({ amount, currency: 'usd' }).success).toBe(false);
    },
  );

  it.each(['0', '-1', '-0'])('refuses %s where dollars must be given', (amount) => {
    expect(positiveUsdSchema.safeParse({ amount, currency: 'usd' }).success).toBe(false);
  });

  it.each([
    [0n, '$0.00'],
    [1_500_000n, '$1.50'],
    [-1n, '-$0.000001'],
    [1_234_567n, '$1.234567'],
    [100n, '$0.0001'],
    [12_000_000n, '$12.00'],
    [1_230_000n, '$1.23'],
  ])('shows %s micro-dollars to people as %s', (units, text) => {
    expect(formatUsd(units)).toBe(text);
  });
});

describe('cents', () => {
  it('go to micro-dollars and back without loss', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 10n ** 15n), (cents) => {
        expect(microsOfCents(cents)).toBe(cents * 10_000n);
        expect(centsOfMicros(microsOfCents(cents))).toBe(cents);
      }),
    );
  });

  it.each([1n, 9_999n, 10_001n, 1_234_567n])('do not round %s micro-dollars', (micros) => {
    expect(isWholeCents(micros)).toBe(false);
    expect(() => centsOfMicros(micros)).toThrow('part of a cent');
  });
});

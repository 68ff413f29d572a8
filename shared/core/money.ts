/**
 * Money as integers. An amount is a bigint of base units of one asset; the scale belongs to the
 * asset. There is no multiplication or division without a named rounding, and no number anywhere.
 */
import * as z from 'zod';
import { assert } from './assert.ts';

/** The assets of the ledger: US dollars (micro-units), the IO token (8 places), SOL for fees (lamports). */
export type Asset = 'usd' | 'io' | 'sol';

/** Decimal places of each asset's base unit. */
export const scaleOf: Readonly<Record<Asset, number>> = { usd: 6, io: 8, sol: 9 };

/** An amount of one asset in base units; may be negative in ledger legs. */
export interface Money {
  readonly asset: Asset;
  readonly units: bigint;
}

/** An amount of US dollars in micro-units. */
export const usd = (units: bigint): Money => ({ asset: 'usd', units });

/** a x numerator / denominator, rounded down; all non-negative, denominator above 0. */
export const mulDivFloor = (a: bigint, numerator: bigint, denominator: bigint): bigint => {
  assert(a >= 0n && numerator >= 0n && denominator > 0n, 'mulDiv outside its domain');
  return (a * numerator) / denominator;
};

/** a x numerator / denominator, rounded up; all non-negative, denominator above 0. */
export const mulDivCeil = (a: bigint, numerator: bigint, denominator: bigint): bigint =>
  mulDivFloor(a, numerator, denominator) + ((a * numerator) % denominator === 0n ? 0n : 1n);

/** Micro-dollars in one cent, the unit of card payments. */
const microsPerCent = 10_000n;

/** Micro-dollars of a whole number of cents. */
export const microsOfCents = (cents: bigint): bigint => cents * microsPerCent;

/** Whether an amount of micro-dollars can be charged to a card to the unit. */
export const isWholeCents = (micros: bigint): boolean => micros % microsPerCent === 0n;

/** Cents of an amount of micro-dollars; a BugError for part of a cent, for nothing is rounded here. */
export const centsOfMicros = (micros: bigint): bigint => {
  assert(isWholeCents(micros), `part of a cent: ${micros} micro-dollars`);
  return micros / microsPerCent;
};

/** Amounts on the wire: base units as a decimal string, and the currency. */
export const moneySchema = z
  .strictObject({
    amount: z
      .string()
      .regex(/^-?(0|[1-9][0-9]{0,26})$/, 'a whole number of base units, as a string')
      .meta({ example: '1500000' }),
    currency: z.enum(['usd', 'io', 'sol']),
  })
  .meta({
    id: 'Money',
    description: 'Base units as a decimal string: usd has 6 places, io 8, sol 9.',
  });

const positiveUnits = /^[1-9][0-9]{0,17}$/;

/** Amounts on the wire that must be above zero, in one of these currencies. */
export const positiveMoneySchema = <Currency extends Asset>(currencies: readonly Currency[]) =>
  z.strictObject({
    amount: z.string().regex(positiveUnits, 'a whole number of base units above 0'),
    currency: z.enum(currencies),
  });

/** Amounts on the wire that must be above zero dollars. */
export const positiveUsdSchema = z.strictObject({
  amount: z.string().regex(positiveUnits, 'a whole number of micro-dollars above 0'),
  currency: z.literal('usd'),
});

/** An amount as it stands in JSON. */
export type MoneyJson = z.infer<typeof moneySchema>;

/** The wire form of an amount. */
export const moneyToJson = (money: Money): MoneyJson => ({
  amount: money.units.toString(),
  currency: money.asset,
});

/** The amount that a parsed wire form means. */
export const moneyFromJson = (json: MoneyJson): Money => ({
  asset: json.currency,
  units: BigInt(json.amount),
});

/** For people: "$1.50", "-$0.000001"; trailing zeros beyond cents are left out. */
export const formatUsd = (units: bigint): string => {
  const places = scaleOf.usd;
  const digits = (units < 0n ? -units : units).toString().padStart(places + 1, '0');
  const fraction = digits.slice(-places).replace(/0{1,4}$/, '');
  return `${units < 0n ? '-' : ''}$${digits.slice(0, -places)}.${fraction}`;
};

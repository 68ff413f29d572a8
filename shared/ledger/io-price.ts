/**
 * What one IO is worth, as a price record says it, and the ways to convert by it. Money is converted rounding
 * down: a customer's IO is never worth more than it is, and no payout takes more IO than its dollars buy. Pure.
 */
import { assert } from '../core/assert.ts';
import { mulDivCeil, mulDivFloor } from '../core/money.ts';
import type { IoDetail } from './transfer.ts';

/** A price of IO that was accepted once, and under which id it is kept. */
export interface IoPrice {
  /** Nano-dollars (10^-9) per whole IO; above 0. */
  readonly nanoUsdPerIo: bigint;
  readonly id: string;
  /** When it was the price. */
  readonly atMs: number;
}

/** 10^8 base units per IO x 10^9 nano-dollars per dollar / 10^6 micro-dollars per dollar. */
const scale = 10n ** 11n;

const nanosOf = (price: Pick<IoPrice, 'nanoUsdPerIo'>): bigint => {
  assert(price.nanoUsdPerIo > 0n, 'a price of nothing');
  return price.nanoUsdPerIo;
};

/** Micro-dollars that so many base units of IO are worth, rounded down. */
export const microsOfIo = (units: bigint, price: Pick<IoPrice, 'nanoUsdPerIo'>): bigint =>
  mulDivFloor(units, nanosOf(price), scale);

/** Base units of IO that so many micro-dollars buy, rounded down. */
export const ioOfMicros = (micros: bigint, price: Pick<IoPrice, 'nanoUsdPerIo'>): bigint =>
  mulDivFloor(micros, scale, nanosOf(price));

/** The least base units of IO that are worth so many micro-dollars. */
export const ioWorth = (micros: bigint, price: Pick<IoPrice, 'nanoUsdPerIo'>): bigint =>
  mulDivCeil(micros, scale, nanosOf(price));

/** What stands beside a transfer that was made in IO. */
export const ioDetailOf = (units: bigint, price: IoPrice): IoDetail => ({
  units,
  priceId: price.id,
  nanoUsdPerIo: price.nanoUsdPerIo,
});

/** What stands beside a payment in dollars: the IO behind it; nothing where no price is known. */
export const ioBehind = (micros: bigint, price: IoPrice | undefined): { readonly io?: IoDetail } =>
  price === undefined ? {} : { io: ioDetailOf(ioOfMicros(micros, price), price) };

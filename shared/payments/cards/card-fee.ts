/**
 * What a customer pays for paying by card: the provider's fee, as a line of its own. Credit is credited
 * whole, the fee comes on top. Pure.
 */
import { assert } from '../../core/assert.ts';
import { microsOfCents, mulDivCeil } from '../../core/money.ts';

/** Of the credit, in hundredths of a percent, and for each payment, in US cents. */
const basisPoints = 290n;
const fixedCents = 30n;

/** The fee on a credit of so many micro-dollars, rounded up to the cent, in micro-dollars. */
export const cardFeeUnits = (creditUnits: bigint): bigint => {
  assert(creditUnits > 0n, 'a fee on no credit');
  return microsOfCents(
    mulDivCeil(creditUnits, basisPoints, 10_000n * microsOfCents(1n)) + fixedCents,
  );
};

/**
 * Who sells, who buys, and the tax on it. Prices contain their tax: what a cluster took from the credit is
 * the invoice's total, whatever the rate. Without a rate for the buyer's country there is no tax. Pure.
 */
import { assert } from '../../core/assert.ts';
import { mulDivFloor } from '../../core/money.ts';

/** A party of an invoice, as it stands on it. */
export interface BillingDetails {
  readonly name: string;
  readonly line1: string;
  readonly line2: string | null;
  readonly postalCode: string;
  readonly city: string;
  readonly region: string | null;
  /** ISO 3166-1, two letters. */
  readonly country: string;
  /** As on the party's own papers, for example DE123456789. */
  readonly taxId: string | null;
}

export interface TaxRate {
  /** Of the buyer. */
  readonly country: string;
  readonly label: string;
  /** Hundredths of a percent, 1 to 9999. */
  readonly basisPoints: number;
}

/** What the operator configured; nothing of it is needed for invoices to be made. */
export interface Invoicing {
  readonly seller: BillingDetails | null;
  readonly taxRates: readonly TaxRate[];
  /** A buyer with a tax id in one of these countries, but the seller's own, owes the tax itself. */
  readonly reverseCharge: {
    readonly countries: readonly string[];
    readonly note: string;
  } | null;
}

export const noInvoicing: Invoicing = { seller: null, taxRates: [], reverseCharge: null };

export interface TaxLine {
  readonly label: string;
  readonly basisPoints: number;
  /** Micro-dollars, contained in the total. */
  readonly units: bigint;
}

export interface Tax {
  readonly lines: readonly TaxLine[];
  /** What the law wants to be said instead of a tax; null where nothing is. */
  readonly note: string | null;
}

const whole = 10_000n;

/** The tax that a total contains; the part without tax is rounded down, so the tax never falls short. */
export const taxOf = (
  totalUnits: bigint,
  buyer: BillingDetails | null,
  { seller, taxRates, reverseCharge }: Invoicing,
): Tax => {
  const none: Tax = { lines: [], note: null };
  if (!buyer) return none;
  const { country, taxId } = buyer;
  const abroad = seller !== null && seller.country !== country;
  if (reverseCharge && taxId !== null && abroad && reverseCharge.countries.includes(country)) {
    return { lines: [], note: reverseCharge.note };
  }
  const rate = taxRates.find((each) => each.country === country);
  if (!rate) return none;
  const { label, basisPoints } = rate;
  assert(
    basisPoints > 0 && basisPoints < 10_000,
    `a rate of ${basisPoints} hundredths of a percent`,
  );
  const net = mulDivFloor(totalUnits, whole, whole + BigInt(basisPoints));
  return { lines: [{ label, basisPoints, units: totalUnits - net }], note: null };
};

/**
 * The IO behind every payment: customers pay in dollars or IO, and each payment stands for so much IO at the
 * price of its time. The figure of a month sums it over all organisations; payments whose time had no good
 * price are counted beside it, never guessed. Pure.
 */

import { readAccount } from './account.ts';
import { type Month, monthOf } from './statement.ts';
import type { Transfer, TransferCode } from './transfer.ts';

const paymentCodes: readonly TransferCode[] = [
  'top_up',
  'usdc_deposit',
  'io_deposit',
  'deposit_claim',
];

/** One payment as the figure counts it. */
export interface DemandLine {
  readonly transferId: string;
  readonly month: Month;
  /** What it credited, the part that paid a debt included; micro-dollars. */
  readonly creditUnits: bigint;
  /** Base units of IO; undefined where no price was known. */
  readonly ioUnits: bigint | undefined;
}

/** What a month adds up to. */
export interface IoDemand {
  /** Base units of IO behind the payments with a price. */
  readonly ioUnits: bigint;
  /** Micro-dollars that the payments with a price credited, and those without one. */
  readonly pricedUnits: bigint;
  readonly unpricedUnits: bigint;
  readonly pricedPayments: number;
  readonly unpricedPayments: number;
}

export const noDemand: IoDemand = {
  ioUnits: 0n,
  pricedUnits: 0n,
  unpricedUnits: 0n,
  pricedPayments: 0,
  unpricedPayments: 0,
};

/** The payment in a transfer; undefined where it is none, or only the IO half of one. */
export const demandOf = (transfer: Transfer): DemandLine | undefined => {
  const { id, asset, code, legs, atMs, io } = transfer;
  if (asset !== 'usd' || !paymentCodes.includes(code)) return undefined;
  const creditUnits = legs
    .filter(({ account }) => readAccount(account).organisation !== undefined)
    .reduce((sum, { units }) => sum + units, 0n);
  return { transferId: id, month: monthOf(atMs), creditUnits, ioUnits: io?.units };
};

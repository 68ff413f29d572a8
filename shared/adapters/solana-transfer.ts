/**
 * Transactions that pay many wallets one token out of the treasury. All payments of one transaction happen, or
 * none; a memo and a reference key say on the chain what it was for.
 */
import { type Address, createNoopSigner, type Instruction } from '@solana/kit';
import {
  getCreateAssociatedTokenIdempotentInstruction,
  getTransferCheckedInstruction,
} from '@solana-program/token';
import { assert } from '../core/assert.ts';
import {
  compileMessage,
  type MessageOrder,
  tokenAccountOf,
  type UnsignedTransfer,
} from './solana-message.ts';

/** One payment of the transaction. */
export interface TokenPayment {
  readonly wallet: string;
  /** That wallet's associated account of the token. */
  readonly tokenAccount: string;
  /** Base units above 0. */
  readonly units: bigint;
  /** Whether the transaction makes that account, at the treasury's cost. */
  readonly makesAccount: boolean;
}

/**
 * Beside memo and reference, v1 has room for 58 payments, or 10 that make an account; legacy for 17, or 8 (with
 * a nonce: 55, 10, 15, 7). The treasury owns what is paid.
 */
export interface TransferOrder extends MessageOrder {
  /** Of the classic token program. */
  readonly mint: string;
  readonly decimals: number;
  readonly payments: readonly TokenPayment[];
}

/** Compute units, with room for clusters that run older programs; what is not used costs no more than priority. */
const unitsPerTransaction = 40_000;
const unitsPerPayment = 8_000;
const unitsPerAccount = 45_000;

/** What a transaction may use that does so much: compute units. */
export const computeUnitsOf = (payments: readonly Pick<TokenPayment, 'makesAccount'>[]): number =>
  unitsPerTransaction +
  payments.length * unitsPerPayment +
  payments.filter(({ makesAccount }) => makesAccount).length * unitsPerAccount;

/** Compiles the transaction. More payments than it has room for are a BugError. */
export const compileTransfer = async (order: TransferOrder): Promise<UnsignedTransfer> => {
  assert(
    order.payments.every(({ units }) => units > 0n),
    'a payment of nothing',
  );
  const source = (await tokenAccountOf(order.treasury, order.mint)) as Address;
  return compileMessage(order, {
    instructions: order.payments.flatMap((payment) => paymentOf(order, source, payment)),
    computeUnits: computeUnitsOf(order.payments),
  });
};

/** Makes the wallet's account of the token, unless it is there; the treasury pays for it. */
export const makeAccountOf = (
  { treasury, mint }: Pick<TransferOrder, 'treasury' | 'mint'>,
  { wallet, tokenAccount }: Pick<TokenPayment, 'wallet' | 'tokenAccount'>,
): Instruction =>
  getCreateAssociatedTokenIdempotentInstruction({
    payer: createNoopSigner(treasury as Address),
    ata: tokenAccount as Address,
    owner: wallet as Address,
    mint: mint as Address,
  });

const paymentOf = (
  order: TransferOrder,
  source: Address,
  payment: TokenPayment,
): readonly Instruction[] => {
  const { treasury, mint, decimals } = order;
  const transfer = getTransferCheckedInstruction({
    source,
    mint: mint as Address,
    destination: payment.tokenAccount as Address,
    authority: createNoopSigner(treasury as Address),
    amount: payment.units,
    decimals,
  });
  return payment.makesAccount ? [makeAccountOf(order, payment), transfer] : [transfer];
};

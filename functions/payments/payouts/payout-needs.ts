/** What the functions of payouts have beside the common runtime: the chain, the key, the price of IO. */
import type { Token } from '../../../shared/core/chain.ts';
import type { TransactionForm } from '../../../shared/payments/payouts/batch-plan.ts';
import type { Lane } from '../../../shared/payments/payouts/payout.ts';
import type { SendingNeeds } from '../sending/sending-needs.ts';

/** What the workflow `pay-suppliers` needs. */
export interface PayoutNeeds extends SendingNeeds {
  /** Address of a token's mint. */
  readonly mintOf: (token: Token) => Promise<string>;
  /** Nonce account of the lane for approved payouts; undefined: that lane stands on blockhashes, too. */
  readonly nonceAccount: string | undefined;
}

/** The nonce account that the lane's transactions stand on; undefined: they stand on blockhashes. */
export const nonceAccountOf = (
  { nonceAccount }: Pick<PayoutNeeds, 'nonceAccount'>,
  lane: Lane,
): string | undefined => (lane === 'approved' ? nonceAccount : undefined);

/** How the lane's transactions are written. */
export const formOf = (
  needs: Pick<PayoutNeeds, 'format' | 'nonceAccount'>,
  lane: Lane,
): TransactionForm => ({
  format: needs.format,
  onNonce: nonceAccountOf(needs, lane) !== undefined,
});

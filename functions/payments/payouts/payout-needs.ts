/** What the functions of payouts have beside the common runtime: the chain, the key, the price of IO. */
import type { TreasurySigner } from '../../../shared/adapters/kms.ts';
import type { SolanaPort } from '../../../shared/adapters/solana-port.ts';
import type { Token } from '../../../shared/core/chain.ts';
import type {
  TransactionForm,
  TransactionFormat,
} from '../../../shared/payments/payouts/batch-plan.ts';
import type { Lane } from '../../../shared/payments/payouts/payout.ts';
import type { Runtime } from '../../kit/runtime.ts';

/** What the workflow `pay-suppliers` needs. */
export interface PayoutNeeds extends Runtime {
  /** One port per provider; throws `solana.not_configured` while the operator has stored none. */
  readonly solana: () => Promise<readonly SolanaPort[]>;
  readonly signer: TreasurySigner;
  readonly mints: Readonly<Record<Token, string>>;
  readonly format: TransactionFormat;
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

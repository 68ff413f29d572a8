/** What signs, sends and follows the treasury's transactions has beside the common runtime. */
import type { TreasurySigner } from '../../../shared/adapters/kms.ts';
import type { SolanaPort } from '../../../shared/adapters/solana-port.ts';
import type { TransactionFormat } from '../../../shared/payments/payouts/batch-plan.ts';
import type { Runtime } from '../../kit/runtime.ts';

export interface SendingNeeds extends Runtime {
  /** One port per provider; throws `solana.not_configured` while the operator has stored none. */
  readonly solana: () => Promise<readonly SolanaPort[]>;
  readonly signer: TreasurySigner;
  readonly format: TransactionFormat;
}

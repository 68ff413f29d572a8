/**
 * What is decided about payouts as a whole: by the operator, whether they are stopped and which wallets get
 * nothing; by a supplier, whether it is paid out each day. Pure.
 */
import type { Token } from '../../core/chain.ts';

/** Whether payouts are stopped: then nothing more is signed, and what is signed goes on to its end. */
export interface PayoutControls {
  /** Why they are stopped; null while they are not. */
  readonly pausedFor: string | null;
  readonly changedAtMs: number | null;
  /** The batch that the breaker stopped payouts for; once they go on again it may pass. Null: none. */
  readonly heldBatchId: string | null;
  /** 0 while nobody has changed anything. */
  readonly version: number;
}

/** A wallet that nothing is paid to. */
export interface DeniedWallet {
  readonly address: string;
  /** Why, in the operator's words. */
  readonly reason: string;
  readonly deniedAtMs: number;
}

/** A supplier's wish to be paid out each day. */
export interface AutoPayout {
  readonly organisation: string;
  /** What its earnings are paid in; rewards are paid in IO wherever it has a wallet for that. */
  readonly token: Token;
  readonly changedAtMs: number;
}

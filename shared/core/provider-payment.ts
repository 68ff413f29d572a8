/**
 * A payment by card as its provider tells it now, in the only form in which the platform knows one: facts
 * that were fetched, never changes that were announced. Amounts in US cents, as the provider counts. Pure.
 */

/** `won` and `lost` are final; a warning takes no money. */
export type DisputeStatus = 'warning' | 'open' | 'won' | 'lost';

/** Money that the provider moved on our account, with what it took for it. */
export interface BalanceTransaction {
  /** `txn_...` */
  readonly id: string;
  /** The provider's own fee; 0 or more. */
  readonly feeCents: bigint;
}

export interface CardRefund {
  /** `re_...` */
  readonly id: string;
  /** Our refund's id, which we gave it; null: made by somebody at the provider's. */
  readonly refundId: string | null;
  readonly amountCents: bigint;
  readonly status: 'pending' | 'requires_action' | 'succeeded' | 'failed' | 'canceled';
}

export interface DisputeTransaction extends BalanceTransaction {
  /** Below 0: withdrawn from us; above: given back. Without the provider's fee. */
  readonly amountCents: bigint;
}

export interface CardDispute {
  /** `dp_...` or `du_...` */
  readonly id: string;
  readonly status: DisputeStatus;
  /** What was moved for it, in the order of its moving. What the issuer asks for says nothing of that. */
  readonly transactions: readonly DisputeTransaction[];
}

export interface CardCharge {
  /** `ch_...` */
  readonly id: string;
  readonly capturedCents: bigint;
  /** Whether the issuer and not we would bear a fraud, because it authenticated the payer. */
  readonly liabilityShifted: boolean;
  readonly transaction: BalanceTransaction | null;
  /** The same for every use of the card's number; null where the provider tells none. */
  readonly cardFingerprint: string | null;
  /** The provider's page with the receipt. */
  readonly receiptUrl: string | null;
}

/** Why a try to pay failed, in the provider's words. */
export interface CardFailure {
  readonly code: string;
  readonly declineCode: string | null;
  readonly message: string;
}

export type ProviderPaymentStatus =
  | 'succeeded'
  | 'processing'
  | 'requires_action'
  | 'requires_payment_method'
  | 'canceled'
  | 'other';

export interface ProviderPayment {
  /** `pi_...` */
  readonly id: string;
  readonly liveMode: boolean;
  readonly status: ProviderPaymentStatus;
  readonly currency: string;
  /** What was received so far. */
  readonly receivedCents: bigint;
  /** Our top-up's id, which we gave it; null: not ours. */
  readonly topUpId: string | null;
  readonly charge: CardCharge | null;
  readonly refunds: readonly CardRefund[];
  readonly disputes: readonly CardDispute[];
  readonly failure: CardFailure | null;
  /** Where the payer confirms it; null when there is nothing to confirm. */
  readonly actionUrl: string | null;
}

/** A card that a customer has saved, as the provider shows it. */
export interface SavedCard {
  /** `pm_...` */
  readonly id: string;
  readonly brand: string;
  readonly last4: string;
  readonly expiryMonth: number;
  readonly expiryYear: number;
  readonly createdAtMs: number;
}

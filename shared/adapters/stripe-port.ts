/**
 * What the platform asks of its card provider, in the platform's own forms: orders, pages, payments, lists.
 * Nothing in it is of Stripe's client, so that what uses cards never loads it.
 */
import type { BalanceTransaction, ProviderPayment, SavedCard } from '../core/provider-payment.ts';

/** One line of what the customer pays, in US cents above 0. */
export interface CheckoutLine {
  readonly name: string;
  readonly cents: bigint;
}

export interface CheckoutOrder {
  readonly topUpId: string;
  readonly organisation: string;
  readonly customerId: string;
  readonly lines: readonly CheckoutLine[];
  /** Whether the card is kept for later payments without the customer. */
  readonly savesCard: boolean;
  /** Whether the issuer must authenticate the payer where it can. */
  readonly authenticates: boolean;
  readonly successUrl: string;
  readonly cancelUrl: string;
  /** 30 minutes to 24 hours from now. */
  readonly expiresAtMs: number;
}

export interface HostedPage {
  /** `cs_...` */
  readonly id: string;
  readonly url: string;
}

export interface CheckoutState {
  /** Null while nobody has begun to pay. */
  readonly paymentId: string | null;
  /** The top-up that it was made for; null: for none. */
  readonly topUpId: string | null;
  readonly isExpired: boolean;
}

export interface SavedCardOrder {
  readonly topUpId: string;
  readonly organisation: string;
  readonly customerId: string;
  readonly paymentMethodId: string;
  readonly cents: bigint;
  /** Where a customer who is there to authenticate comes back to; null: nobody is there. */
  readonly returnUrl: string | null;
  /** Whether the issuer must authenticate the payer where it can; never when nobody is there. */
  readonly authenticates: boolean;
}

export interface ConfirmationOrder {
  /** `pi_...` */
  readonly paymentId: string;
  /** One for each request of the holder's: the same again changes nothing. */
  readonly key: string;
  /** Where the holder comes back to from their bank. */
  readonly returnUrl: string;
}

/** What Stripe has recorded, beyond payments that we ask for by name. */
export interface ProviderEvent {
  /** `evt_...` */
  readonly id: string;
  /** As it was sent, or would have been: JSON. */
  readonly payload: string;
}

/** A page of a list, newest first; `next` continues it. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly next: string | undefined;
}

/** A movement on our account with Stripe, in US cents. */
export interface AccountMovement extends BalanceTransaction {
  /** `charge`, `refund`, `adjustment`, `payout` and so on. */
  readonly type: string;
  /** What caused it (`ch_...`, `re_...`, `dp_...`); null for what has no cause. */
  readonly source: string | null;
  readonly amountCents: bigint;
  readonly createdAtMs: number;
}

export interface StripePort {
  /** Makes the customer of an organisation; repeated with the same organisation it answers the same one. */
  createCustomer(organisation: string, name: string): Promise<string>;
  createCheckout(order: CheckoutOrder): Promise<HostedPage>;
  /** A page on which the customer saves a card without paying. */
  createCardSetup(order: {
    readonly key: string;
    readonly customerId: string;
    readonly successUrl: string;
    readonly cancelUrl: string;
  }): Promise<HostedPage>;
  /** What became of a checkout; undefined when there is none of this id. */
  getCheckoutPayment(checkoutId: string): Promise<CheckoutState | undefined>;
  /** Pays with a saved card; answers the payment's id, also when the card was refused: it says why. */
  payWithSavedCard(order: SavedCardOrder): Promise<string>;
  /**
   * Confirms a payment that was refused because its holder was not there: with the same card, now that they
   * are. Does nothing where it cannot be confirmed any more.
   */
  confirmPayment(order: ConfirmationOrder): Promise<void>;
  /** Closes a page, or a payment that waits for its holder; nothing when neither is open any more. */
  closePayment(open: {
    readonly checkoutId: string | null;
    readonly paymentId: string | null;
  }): Promise<void>;
  /** The payment as it stands now; undefined when there is none of this id. */
  getPayment(paymentId: string): Promise<ProviderPayment | undefined>;
  /** Whether the issuer has warned that the payment may be fraud. */
  hasFraudWarning(paymentId: string): Promise<boolean>;
  /** The id of a customer's payment for a top-up, made since then; undefined when there is none. */
  findPayment(order: {
    readonly customerId: string;
    readonly topUpId: string;
    readonly sinceMs: number;
  }): Promise<string | undefined>;
  listSavedCards(customerId: string): Promise<readonly SavedCard[]>;
  /** Forgets the card; false when the customer has no such card. */
  removeSavedCard(customerId: string, cardId: string): Promise<boolean>;
  /** Gives money back to the card; `refused` with Stripe's code when it will not. */
  createRefund(order: {
    readonly refundId: string;
    readonly paymentId: string;
    readonly cents: bigint;
  }): Promise<
    | { readonly outcome: 'made'; readonly id: string }
    | { readonly outcome: 'refused'; readonly code: string; readonly message: string }
  >;
  listEvents(page: {
    readonly sinceMs: number;
    readonly after: string | undefined;
  }): Promise<Page<ProviderEvent>>;
  listMovements(page: {
    readonly sinceMs: number;
    readonly after: string | undefined;
  }): Promise<Page<AccountMovement>>;
  /** What Stripe holds for us now, paid out or not yet: US cents; below 0 when we owe it. */
  getBalanceCents(): Promise<bigint>;
}

/**
 * Stripe's own test cards: the numbers for the pay page, and the payment methods (`pm_card_<name>`) and
 * tokens (`tok_<name>`) for the API. What they do is what Stripe documents for its test mode, so that
 * the same tests run against both.
 */
import type { CardError } from './objects.ts';

export type Decline = Pick<CardError, 'code' | 'decline_code' | 'message'>;

export interface TestCard {
  readonly number: string;
  readonly names: readonly string[];
  readonly brand: 'visa' | 'mastercard' | 'amex';
  readonly funding: 'credit' | 'debit';
  /** How a payment is refused. */
  readonly decline?: Decline;
  /** It can be saved although it is refused later. */
  readonly savesFirst?: true;
  /** When its holder must authenticate; `supported` does so only where it is asked for. */
  readonly authentication: 'supported' | 'unless_set_up' | 'always';
  readonly risk?: 'elevated' | 'highest';
  /** What follows on a payment. */
  readonly after?: 'fraudulent' | 'product_not_received' | 'inquiry' | 'warning';
  readonly refund?: 'pending' | 'fails';
}

const refused = 'Your card was declined.';

/** Refusals by their decline code. */
export const declines = {
  generic_decline: decline('card_declined', 'generic_decline', refused),
  insufficient_funds: decline(
    'card_declined',
    'insufficient_funds',
    'Your card has insufficient funds.',
  ),
  lost_card: decline('card_declined', 'lost_card', refused),
  stolen_card: decline('card_declined', 'stolen_card', refused),
  fraudulent: decline('card_declined', 'fraudulent', refused),
  card_velocity_exceeded: decline(
    'card_declined',
    'card_velocity_exceeded',
    'Your card was declined for making repeated attempts too frequently or exceeding its amount limit.',
  ),
  expired_card: decline('expired_card', 'expired_card', 'Your card has expired.'),
  incorrect_cvc: decline(
    'incorrect_cvc',
    'incorrect_cvc',
    "Your card's security code is incorrect.",
  ),
  processing_error: decline(
    'processing_error',
    'processing_error',
    'An error occurred while processing your card. Try again in a little bit.',
  ),
  authentication_required: decline(
    'authentication_required',
    'authentication_required',
    'Your card was declined. This transaction requires authentication.',
  ),
  test_mode_live_card: decline(
    'card_declined',
    'test_mode_live_card',
    'Your card was declined. Your request was in test mode, but used a non test card.',
  ),
} as const satisfies Readonly<Record<string, Decline>>;

function decline(code: string, decline_code: string, message: string): Decline {
  return { code, decline_code, message };
}

type Rest = Partial<Omit<TestCard, 'number' | 'names'>>;

const card = (number: string, names: string, rest: Rest = {}): TestCard => ({
  number,
  names: names.split(' '),
  brand: 'visa',
  funding: 'credit',
  authentication: 'supported',
  ...rest,
});

const cards: readonly TestCard[] = [
  card('4242424242424242', 'visa'),
  card('4000056655665556', 'visa_debit', { funding: 'debit' }),
  card('5555555555554444', 'mastercard', { brand: 'mastercard' }),
  card('378282246310005', 'amex', { brand: 'amex' }),
  card('4000000000000002', 'visa_chargeDeclined chargeDeclined', {
    decline: declines.generic_decline,
  }),
  card('4000000000009995', 'visa_chargeDeclinedInsufficientFunds chargeDeclinedInsufficientFunds', {
    decline: declines.insufficient_funds,
  }),
  card('4000000000009987', 'visa_chargeDeclinedLostCard chargeDeclinedLostCard', {
    decline: declines.lost_card,
  }),
  card('4000000000009979', 'visa_chargeDeclinedStolenCard chargeDeclinedStolenCard', {
    decline: declines.stolen_card,
  }),
  card('4000000000000069', 'chargeDeclinedExpiredCard', { decline: declines.expired_card }),
  card('4000000000000127', 'chargeDeclinedIncorrectCvc', { decline: declines.incorrect_cvc }),
  card('4000000000000119', 'chargeDeclinedProcessingError', {
    decline: declines.processing_error,
  }),
  card('4000000000006975', 'visa_chargeDeclinedVelocityLimitExceeded', {
    decline: declines.card_velocity_exceeded,
  }),
  card('4000000000000341', 'chargeCustomerFail', {
    decline: declines.generic_decline,
    savesFirst: true,
  }),
  card('4100000000000019', 'radarBlock', { decline: declines.fraudulent, risk: 'highest' }),
  card('4000000000004954', 'riskLevelHighest', { risk: 'highest' }),
  card('4000000000009235', 'riskLevelElevated', { risk: 'elevated' }),
  card('4000002500003155', 'authenticationRequiredOnSetup', { authentication: 'unless_set_up' }),
  card('4000002760003184', 'authenticationRequired', { authentication: 'always' }),
  card('4000000000003220', 'threeDSecure2Required threeDSecureRequired', {
    authentication: 'always',
  }),
  card('4000008260003178', 'authenticationRequiredChargeDeclinedInsufficientFunds', {
    authentication: 'always',
    decline: declines.insufficient_funds,
    savesFirst: true,
  }),
  card('4000000000000259', 'createDispute', { after: 'fraudulent' }),
  card('4000000000002685', 'createDisputeProductNotReceived', { after: 'product_not_received' }),
  card('4000000000001976', 'createDisputeInquiry', { after: 'inquiry' }),
  card('4000000000005423', 'createIssuerFraudRecord', { after: 'warning' }),
  card('4000000000007726', 'pendingRefund', { refund: 'pending' }),
  card('4000000000005126', 'refundFail', { refund: 'fails' }),
];

/** The test card of this number, or undefined. */
export const findCardByNumber = (number: string): TestCard | undefined =>
  cards.find((each) => each.number === number);

/** The test card behind `pm_card_<name>` or `tok_<name>`, or undefined. */
export const findCardById = (id: string): TestCard | undefined => {
  const name = /^(?:pm_card_|tok_)(\w+)$/.exec(id)?.[1];
  return name === undefined ? undefined : cards.find(({ names }) => names.includes(name));
};

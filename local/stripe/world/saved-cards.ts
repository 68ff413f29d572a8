/** Payment methods: cards made from test ids, tokens or the pay page, and saved with a customer. */
import { createHash } from 'node:crypto';
import type { PaymentMethod } from './objects.ts';
import { cardRefused, invalid, missing, required } from './refusal.ts';
import { findCardById, findCardByNumber, type TestCard } from './test-cards.ts';
import type { World } from './world.ts';

const noAddress = {
  city: null,
  country: null,
  line1: null,
  line2: null,
  postal_code: null,
  state: null,
};

export interface Holder {
  readonly name?: string | null;
  readonly email?: string | null;
}

/** When a card ends, unless its holder typed another month. */
export interface Expiry {
  readonly month: number;
  readonly year: number;
}

const usualExpiry: Expiry = { month: 12, year: 2034 };

/** The same for every payment method of one card number. */
const fingerprintOf = (number: string): string =>
  createHash('sha256')
    .update(`card ${number}`)
    .digest('base64url')
    .replaceAll(/[-_]/g, '')
    .slice(0, 16);

/** A payment method that nobody has saved yet. */
export const newPaymentMethod = (
  world: World,
  card: TestCard,
  holder: Holder = {},
  expiry: Expiry = usualExpiry,
): PaymentMethod => {
  const { name = null, email = null } = holder;
  const method: PaymentMethod = {
    id: world.newId('pm_'),
    object: 'payment_method',
    allow_redisplay: 'unspecified',
    billing_details: { address: { ...noAddress }, email, name, phone: null, tax_id: null },
    card: {
      brand: card.brand,
      checks: {
        address_line1_check: null,
        address_postal_code_check: null,
        cvc_check: card.decline?.code === 'incorrect_cvc' ? 'fail' : 'pass',
      },
      country: 'US',
      display_brand: card.brand,
      exp_month: expiry.month,
      exp_year: expiry.year,
      fingerprint: fingerprintOf(card.number),
      funding: card.funding,
      generated_from: null,
      last4: card.number.slice(-4),
      networks: { available: [card.brand], preferred: null },
      regulated_status: 'unregulated',
      three_d_secure_usage: { supported: true },
      wallet: null,
    },
    created: world.now(),
    customer: null,
    customer_account: null,
    livemode: world.livemode,
    metadata: {},
    type: 'card',
  };
  world.state.paymentMethods.set(method.id, method);
  world.state.cards.set(method.id, { number: card.number, setUp: false });
  return method;
};

/** The payment method of this id; a test id such as `pm_card_visa` makes a new one each time. */
export const usePaymentMethod = (world: World, id: string, param?: string): PaymentMethod => {
  const known = world.state.paymentMethods.get(id);
  if (known !== undefined) return known;
  const card = id.startsWith('pm_card_') ? findCardById(id) : undefined;
  if (card === undefined) throw missing('PaymentMethod', id, param);
  return newPaymentMethod(world, card);
};

/** The test card behind a payment method. */
export const cardBehind = (world: World, methodId: string): TestCard => {
  const number = world.state.cards.get(methodId)?.number ?? '';
  const card = findCardByNumber(number);
  if (card === undefined) throw new Error(`no test card is behind ${methodId}`);
  return card;
};

/** Saves a card with a customer without asking its issuer, as after a payment that went through. */
export const keepCard = (world: World, method: PaymentMethod, customerId: string): void => {
  if (method.customer === customerId) return;
  method.customer = customerId;
  world.emit('payment_method.attached', method);
};

/** Saves a card with a customer. Refuses a card whose issuer declines, and one of somebody else. */
export const attachCard = (
  world: World,
  method: PaymentMethod,
  customerId: string,
): PaymentMethod => {
  required(world.state.customers.get(customerId), 'customer', customerId, 'customer');
  if (method.customer !== null && method.customer !== customerId) {
    throw invalid('The payment method you provided has already been attached to a customer.', {
      code: 'payment_method_unexpected_state',
    });
  }
  const { decline, savesFirst } = cardBehind(world, method.id);
  if (decline !== undefined && !savesFirst) {
    throw cardRefused({ type: 'card_error', ...decline, payment_method: method });
  }
  keepCard(world, method, customerId);
  return method;
};

/** Forgets a card; it can never be saved again. */
export const detachCard = (world: World, method: PaymentMethod): PaymentMethod => {
  if (method.customer === null) {
    throw invalid(
      'The payment method you provided is not attached to a customer so detachment is impossible.',
    );
  }
  const customer = world.state.customers.get(method.customer);
  method.customer = null;
  if (customer?.invoice_settings.default_payment_method === method.id) {
    customer.invoice_settings.default_payment_method = null;
  }
  world.emit('payment_method.detached', method);
  return method;
};

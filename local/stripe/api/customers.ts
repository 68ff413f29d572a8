/** `/v1/customers` and the cards that they saved. */
import type { Stripe } from 'stripe';
import * as z from 'zod';
import type { Customer } from '../world/objects.ts';
import { invalid, required } from '../world/refusal.ts';
import {
  attachCard,
  detachCard,
  newPaymentMethod,
  usePaymentMethod,
} from '../world/saved-cards.ts';
import { findCardById } from '../world/test-cards.ts';
import type { World } from '../world/world.ts';
import { type Endpoint, endpoint, listEndpoint, nothing } from './endpoint.ts';
import { form, mergedMetadata, metadata, range, text, unset } from './form.ts';

const orUnset = z.union([unset, text]).optional();

const details = {
  email: orUnset,
  name: orUnset,
  description: orUnset,
  phone: orUnset,
  metadata: z.union([unset, metadata]).optional(),
};

/** An empty text takes the value away; nothing leaves it. */
const changed = (before: string | null | undefined, after: string | undefined): string | null =>
  after === undefined ? (before ?? null) : after === '' ? null : after;

const customerOf = (world: World, id: string): Customer =>
  required(world.state.customers.get(id), 'customer', id);

const createCustomer = endpoint(
  'POST /v1/customers',
  form<Stripe.CustomerCreateParams>()(details),
  (world, { email, name, description, phone, metadata: given }) => {
    const customer: Customer = {
      id: world.newId('cus_', 14),
      object: 'customer',
      address: null,
      balance: 0,
      created: world.now(),
      currency: null,
      default_source: null,
      delinquent: false,
      description: changed(null, description),
      email: changed(null, email),
      invoice_prefix: world.newId('', 8).toUpperCase(),
      invoice_settings: {
        custom_fields: null,
        default_payment_method: null,
        footer: null,
        rendering_options: null,
      },
      livemode: world.livemode,
      metadata: mergedMetadata({}, given),
      name: changed(null, name),
      phone: changed(null, phone),
      preferred_locales: [],
      shipping: null,
      tax_exempt: 'none',
      test_clock: null,
      discount: null,
    };
    world.state.customers.set(customer.id, customer);
    world.emit('customer.created', customer);
    return customer;
  },
);

const updateCustomer = endpoint(
  'POST /v1/customers/:id',
  form<Stripe.CustomerUpdateParams>()({
    ...details,
    invoice_settings: z.strictObject({ default_payment_method: z.union([unset, text]) }).optional(),
  }),
  (world, parameters, id) => {
    const customer = customerOf(world, id);
    const method = parameters.invoice_settings?.default_payment_method;
    if (method !== undefined && method !== '') {
      const param = 'invoice_settings[default_payment_method]';
      const owner = required(
        world.state.paymentMethods.get(method),
        'PaymentMethod',
        method,
        param,
      );
      if (owner.customer !== id) {
        throw invalid('The customer does not have a payment method with this ID.', { param });
      }
    }
    if (method !== undefined) {
      customer.invoice_settings.default_payment_method = method === '' ? null : method;
    }
    customer.email = changed(customer.email, parameters.email);
    customer.name = changed(customer.name, parameters.name);
    customer.description = changed(customer.description, parameters.description);
    customer.phone = changed(customer.phone, parameters.phone);
    customer.metadata = mergedMetadata(customer.metadata, parameters.metadata);
    world.emit('customer.updated', customer);
    return customer;
  },
);

const cardsOf = (world: World, customer: string) =>
  [...world.state.paymentMethods.values()].filter((method) => method.customer === customer);

const createMethod = endpoint(
  'POST /v1/payment_methods',
  form<Stripe.PaymentMethodCreateParams>()({
    type: z.literal('card'),
    card: z.strictObject({ token: text }),
    billing_details: z.strictObject({ name: text.optional(), email: text.optional() }).optional(),
  }),
  (world, { card, billing_details: holder }) => {
    const { name = null, email = null } = holder ?? {};
    const found = card.token.startsWith('tok_') ? findCardById(card.token) : undefined;
    return newPaymentMethod(world, required(found, 'token', card.token, 'card[token]'), {
      ...{ name, email },
    });
  },
);

/** What this file serves. */
export const customerEndpoints: readonly Endpoint[] = [
  createCustomer,
  updateCustomer,
  endpoint('GET /v1/customers/:id', nothing, (world, _, id) => customerOf(world, id)),
  listEndpoint(
    '/v1/customers',
    { email: text.optional(), created: range.optional() },
    (world, asked) =>
      [...world.state.customers.values()].filter(
        (customer) => asked.email === undefined || customer.email === asked.email,
      ),
  ),
  listEndpoint(
    '/v1/customers/:id/payment_methods',
    { type: z.literal('card').optional() },
    (world, _, id) => cardsOf(world, customerOf(world, id).id),
  ),
  createMethod,
  endpoint('GET /v1/payment_methods/:id', nothing, (world, _, id) =>
    required(world.state.paymentMethods.get(id), 'PaymentMethod', id),
  ),
  listEndpoint(
    '/v1/payment_methods',
    { customer: text, type: z.literal('card').optional() },
    (world, { customer }) => cardsOf(world, customer),
  ),
  endpoint(
    'POST /v1/payment_methods/:id/attach',
    form<Stripe.PaymentMethodAttachParams>()({ customer: text }),
    (world, { customer }, id) => attachCard(world, usePaymentMethod(world, id), customer),
  ),
  endpoint('POST /v1/payment_methods/:id/detach', nothing, (world, _, id) =>
    detachCard(world, required(world.state.paymentMethods.get(id), 'PaymentMethod', id)),
  ),
];

/**
 * A stand-in of Stripe for tests, driven through Stripe's real client: a clock that the test moves, a
 * webhook endpoint that keeps what it gets, and at the end a comparison of the balance with the oracle.
 * With STRIPE_MOCK_URL in the environment every request is shown to Stripe's own stripe-mock as well.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Stripe } from 'stripe';
import { type StandInOptions, startStripeStandIn } from '../../../local/stripe/stand-in.ts';
import { seededRandomness } from '../../support/runtime.ts';

/** 2026-11-22T12:00:00Z, in seconds. */
export const startSeconds = 1_795_348_800;

export interface Received {
  readonly body: Buffer;
  readonly signature: string;
}

const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** A webhook endpoint that answers what a test tells it to. */
const startReceiver = async () => {
  const received: Received[] = [];
  const answers: number[] = [];
  let came = () => {};
  const server = createServer(async (request, response) => {
    const body = Buffer.from(await text(request));
    received.push({ body, signature: String(request.headers['stripe-signature']) });
    response.writeHead(answers.shift() ?? 200).end();
    came();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(
    () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  const { port } = server.address() as AddressInfo;
  /** Resolves when so many have come. */
  const until = async (count: number) => {
    while (received.length < count) {
      await new Promise<void>((resolve) => {
        came = resolve;
      });
    }
  };
  return { url: `http://127.0.0.1:${port}/webhooks`, received, answers, until };
};

/** Everything that a list has, page by page. */
export const all = async <T>(list: AsyncIterable<T>): Promise<readonly T[]> => {
  const found: T[] = [];
  for await (const each of list) found.push(each);
  return found;
};

/** The error that this call ends with. */
export const refusalOf = async (call: Promise<unknown>): Promise<Stripe.errors.StripeError> => {
  const outcome: unknown = await call.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (outcome instanceof Stripe.errors.StripeError) return outcome;
  throw new Error(`the call was not refused: ${String(outcome)}`);
};

/** A stand-in, its client and a receiver of its webhooks. */
export const setup = async (options: Partial<StandInOptions> = {}) => {
  const clock = { ms: startSeconds * 1000 };
  const stripeMockUrl = process.env['STRIPE_MOCK_URL'];
  const stand = await startStripeStandIn({
    nowMs: () => clock.ms,
    randomness: seededRandomness('stripe'),
    ...(stripeMockUrl === undefined ? {} : { stripeMockUrl }),
    ...options,
  });
  const { control } = stand;
  const stripe = new Stripe(stand.secretKey, { ...stand.client, telemetry: false });
  const check = async () => {
    expect(await control.violations()).toEqual([]);
    const booked = await all(stripe.balanceTransactions.list({ limit: 100 }));
    await control.bookCharges();
    const net = booked.reduce((sum, each) => sum + each.net, 0);
    expect(net).toBe((await control.totals()).net);
    await stand.close();
  };
  const receiver = await startReceiver();
  const { id: endpointId, secret } = await control.addEndpoint({ url: receiver.url });
  /** Stripe's own verification of what came. */
  const verify = ({ body, signature }: Received, key = secret) =>
    stripe.webhooks.constructEvent(body, signature, key, 300, undefined, clock.ms);
  /** The names of the events that have come, once none is on its way. */
  const received = async () => {
    await control.settled();
    return receiver.received.map(({ body }) => (JSON.parse(String(body)) as Stripe.Event).type);
  };
  return { stand, control, stripe, clock, receiver, endpointId, secret, verify, received, check };
};

/** The same, closed after the test with the comparison of balance and oracle. */
export const setupChecked = async (options: Partial<StandInOptions> = {}) => {
  const made = await setup(options);
  closers.push(made.check);
  return made;
};

export type Setup = Awaited<ReturnType<typeof setup>>;

/** A customer with a saved card. */
export const makeCustomer = async ({ stripe }: Pick<Setup, 'stripe'>, card = 'pm_card_visa') => {
  const customer = await stripe.customers.create({ email: 'jo@example.com', name: 'Jo Doe' });
  const method = await stripe.paymentMethods.attach(card, { customer: customer.id });
  return { customer: customer.id, method: method.id };
};

/** A payment of 20 dollars without its holder. */
export const pay = async (
  { stripe }: Pick<Setup, 'stripe'>,
  more: Partial<Stripe.PaymentIntentCreateParams> = {},
) =>
  await stripe.paymentIntents.create({
    amount: 2000,
    currency: 'usd',
    confirm: true,
    off_session: true,
    payment_method: 'pm_card_visa',
    ...more,
  });

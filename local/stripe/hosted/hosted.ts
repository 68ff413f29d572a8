/**
 * Stripe's hosted pages: the pay page of a Checkout Session, the 3-D Secure step of any intent, and
 * receipts. They change the world exactly as a customer in a browser would.
 */
import { authenticate, type Intent, requireIntent } from '../world/authenticating.ts';
import { payInSession } from '../world/checkout.ts';
import type { PaymentIntent, Session } from '../world/objects.ts';
import { Refusal, required } from '../world/refusal.ts';
import { type Expiry, newPaymentMethod } from '../world/saved-cards.ts';
import { declines, findCardByNumber } from '../world/test-cards.ts';
import type { World } from '../world/world.ts';
import { authenticationPage, cardFormPage, type Line, messagePage, priceOf } from './pages.ts';

export interface PageAnswer {
  readonly status: number;
  readonly html: string;
  /** Where the browser goes instead. */
  readonly location?: string;
}

const shown = (html: string, status = 200): PageAnswer => ({ status, html });
const sentTo = (location: string): PageAnswer => ({ status: 303, html: '', location });

const linesOf = (world: World, session: Session): readonly Line[] => {
  const currency = session.currency ?? 'usd';
  const items = (world.state.plans.get(session.id)?.items ?? []).map((item) => ({
    label:
      item.quantity === 1 ? (item.description ?? '') : `${item.description} × ${item.quantity}`,
    price: priceOf(item.amount_total, currency),
  }));
  if (session.amount_total === null) return items;
  return [...items, { label: 'Total', price: priceOf(session.amount_total, currency) }];
};

const payPage = (
  world: World,
  session: Session,
  typed: URLSearchParams,
  error?: string,
): string => {
  const setup = session.mode === 'setup';
  const total = priceOf(session.amount_total ?? 0, session.currency ?? 'usd');
  const customer = world.state.customers.get(session.customer ?? '');
  return cardFormPage({
    title: setup ? 'Save a card' : `Pay ${total}`,
    button: setup ? 'Save card' : `Pay ${total}`,
    lines: linesOf(world, session),
    name: typed.get('name') ?? customer?.name ?? '',
    email: typed.get('email') ?? customer?.email ?? session.customer_email ?? '',
    error,
    cancelUrl: session.cancel_url,
  });
};

const readExpiry = (text: string): Expiry | undefined => {
  const [, month = '', year = ''] = /^\s*(\d{1,2})\s*\/\s*(?:20)?(\d{2})\s*$/.exec(text) ?? [];
  const expiry = { month: Number(month), year: 2000 + Number(year) };
  return expiry.month >= 1 && expiry.month <= 12 ? expiry : undefined;
};

/** Months since the beginning of our era. */
const monthsOf = (ms: number): number => {
  const date = new Date(ms);
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
};

/** A card as it was typed, or what is wrong with it. */
const readCard = (world: World, typed: URLSearchParams) => {
  const number = (typed.get('number') ?? '').replaceAll(/\D/g, '');
  const card = findCardByNumber(number);
  const expiry = readExpiry(typed.get('expiry') ?? '');
  if (!/^\d{13,19}$/.test(number)) return { error: 'Your card number is incomplete.' };
  if (expiry === undefined) return { error: "Your card's expiration date is incomplete." };
  if (expiry.year * 12 + expiry.month - 1 < monthsOf(world.nowMs())) {
    return { error: "Your card's expiration date is in the past." };
  }
  if (!/^\d{3,4}$/.test(typed.get('cvc') ?? '')) {
    return { error: "Your card's security code is incomplete." };
  }
  return card === undefined ? { error: declines.test_mode_live_card.message } : { card, expiry };
};

const afterSuccess = (session: Session): string =>
  (session.success_url ?? '').replaceAll('{CHECKOUT_SESSION_ID}', session.id);

const intentOf = (world: World, session: Session): Intent | undefined => {
  const id = session.payment_intent ?? session.setup_intent;
  return id === null ? undefined : requireIntent(world, id);
};

/** What the holder of a session sees next. */
const nextPage = (world: World, session: Session): PageAnswer => {
  if (session.status === 'complete') return sentTo(afterSuccess(session));
  if (session.status === 'expired') {
    return shown(
      messagePage('Expired', 'This payment page has expired. Go back and start anew.'),
      410,
    );
  }
  const intent = intentOf(world, session);
  if (intent?.status === 'requires_action') return sentTo(`${world.url}/authenticate/${intent.id}`);
  const last =
    intent?.object === 'payment_intent' ? intent.last_payment_error : intent?.last_setup_error;
  return shown(payPage(world, session, new URLSearchParams(), last?.message));
};

const takeCard = (world: World, session: Session, typed: URLSearchParams): PageAnswer => {
  if (session.status !== 'open') return nextPage(world, session);
  const { card, expiry, error } = readCard(world, typed);
  if (card === undefined) return shown(payPage(world, session, typed, error), 402);
  const holder = { name: typed.get('name'), email: typed.get('email') };
  const refused = payInSession(world, session, newPaymentMethod(world, card, holder, expiry));
  return refused === undefined
    ? nextPage(world, session)
    : shown(payPage(world, session, typed, refused.message), 402);
};

const whatOf = (intent: Intent): string =>
  intent.object === 'payment_intent'
    ? `a payment of ${priceOf(intent.amount, intent.currency)}`
    : 'that this card may be charged later';

/** Where the holder goes after authenticating, with what Stripe adds to the address. */
const afterAuthentication = (world: World, intent: Intent): string => {
  const journey = world.state.journeys.get(intent.id);
  const session = world.state.sessions.get(journey?.sessionId ?? '');
  if (session?.status === 'complete') return afterSuccess(session);
  if (session !== undefined) return `${world.url}/pay/${session.id}`;
  if (journey?.returnUrl === undefined || journey.returnUrl === null) return `${world.url}/done`;
  const url = new URL(journey.returnUrl);
  const succeeded = intent.status === 'succeeded';
  url.searchParams.set(intent.object, intent.id);
  url.searchParams.set(`${intent.object}_client_secret`, intent.client_secret ?? '');
  url.searchParams.set('redirect_status', succeeded ? 'succeeded' : 'failed');
  return url.href;
};

const authenticationStep = (
  world: World,
  intent: Intent,
  typed: URLSearchParams | undefined,
): PageAnswer => {
  if (intent.status !== 'requires_action') return sentTo(afterAuthentication(world, intent));
  if (typed === undefined) return shown(authenticationPage(whatOf(intent)));
  authenticate(world, intent, typed.get('outcome') === 'complete');
  return sentTo(afterAuthentication(world, intent));
};

const receipt = (world: World, id: string): PageAnswer => {
  const charge = required(world.state.charges.get(id), 'charge', id);
  const intent: PaymentIntent | undefined = world.state.paymentIntents.get(
    charge.payment_intent ?? '',
  );
  return shown(
    messagePage('Receipt', intent?.description ?? 'Payment', [
      { label: 'Paid', price: priceOf(charge.amount_captured, charge.currency) },
      { label: 'Refunded', price: priceOf(charge.amount_refunded, charge.currency) },
    ]),
  );
};

const serve = (
  world: World,
  kind: string,
  id: string,
  typed: URLSearchParams | undefined,
): PageAnswer => {
  switch (kind) {
    case 'pay': {
      const session = required(world.state.sessions.get(id), 'checkout.session', id);
      return typed === undefined ? nextPage(world, session) : takeCard(world, session, typed);
    }
    case 'authenticate':
      return authenticationStep(world, requireIntent(world, id), typed);
    case 'receipts':
      return receipt(world, id);
    default:
      return shown(messagePage('Done', 'You may close this page.'));
  }
};

const kinds = /^\/(pay|authenticate|receipts|done)(?:\/(\w+))?$/;

/** Serves a page; `typed` is what a form sent, undefined for a GET. Undefined when there is no such page. */
export const servePage = (
  world: World,
  path: string,
  typed: URLSearchParams | undefined,
): PageAnswer | undefined => {
  const [, kind, id = ''] = kinds.exec(path) ?? [];
  if (kind === undefined) return undefined;
  try {
    return serve(world, kind, id, typed);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return shown(messagePage('This does not work', error.message), error.status);
  }
};

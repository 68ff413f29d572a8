/**
 * What Stripe's client throws, as errors of ours. Stripe's words stay in the details, for the log alone: a
 * key or a parameter could stand in them.
 */
import Stripe from 'stripe';
import { AppError } from '../core/errors.ts';
import type { StripePort } from './stripe-port.ts';

/** The answer; undefined where Stripe knows no such object. */
export const orUndefined = async <Answer>(
  ask: () => Promise<Answer>,
): Promise<Answer | undefined> => {
  try {
    return await ask();
  } catch (error) {
    const missing =
      error instanceof Stripe.errors.StripeInvalidRequestError && error.statusCode === 404;
    if (missing) return undefined;
    throw error;
  }
};

/** Does it, unless Stripe says that the object is past it. */
export const unlessOver = async (act: () => Promise<unknown>): Promise<void> => {
  try {
    await act();
  } catch (error) {
    if (!(error instanceof Stripe.errors.StripeInvalidRequestError)) throw error;
  }
};

/**
 * Calls that a customer asked for: what Stripe says about what they sent is theirs to mend, and nothing was
 * made. Whatever goes wrong in the others is not the customer's doing, and may have happened all the same.
 */
const asked: ReadonlySet<string> = new Set<keyof StripePort>([
  'createCheckout',
  'createCardSetup',
  'payWithSavedCard',
  'confirmPayment',
  'removeSavedCard',
]);

/** The port whose every refusal is one of ours. */
export const withOurErrors = (port: StripePort): StripePort =>
  Object.fromEntries(
    Object.entries(port).map(([name, call]) => [
      name,
      async (...given: never[]) => {
        try {
          return await (call as (...given: never[]) => Promise<unknown>)(...given);
        } catch (error) {
          throw errorOf(error, asked.has(name));
        }
      },
    ]),
  ) as unknown as StripePort;

const errorOf = (error: unknown, isAsked: boolean): unknown => {
  const { errors } = Stripe;
  if (!(error instanceof errors.StripeError)) return error;
  const status = error.statusCode ?? 0;
  const details = { type: error.type, code: error.code, status };
  // 403: the key lacks a permission.
  if (status === 401 || status === 403) return new AppError('card.not_configured', { details });
  // A key used twice for different things is our own mistake.
  if (error instanceof errors.StripeIdempotencyError) return error;
  // 409: the same call, sent before, is still being worked on.
  const isAway = status === 0 || status === 409 || status === 429 || status >= 500;
  if (isAway) return new AppError('card.provider_unavailable', { details, retryAfterSeconds: 5 });
  if (!isAsked) return error;
  return new AppError('card.refused', { details, extra: { provider_code: error.code ?? null } });
};

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

/** The port whose every refusal is one of ours. */
export const withOurErrors = (port: StripePort): StripePort =>
  Object.fromEntries(
    Object.entries(port).map(([name, call]) => [
      name,
      async (...given: never[]) => {
        try {
          return await (call as (...given: never[]) => Promise<unknown>)(...given);
        } catch (error) {
          throw errorOf(error);
        }
      },
    ]),
  ) as unknown as StripePort;

const errorOf = (error: unknown): unknown => {
  const { errors } = Stripe;
  if (!(error instanceof errors.StripeError)) return error;
  const details = { type: error.type, code: error.code, status: error.statusCode };
  if (error instanceof errors.StripeAuthenticationError) {
    return new AppError('card.not_configured', { details });
  }
  if (error instanceof errors.StripeRateLimitError) {
    return new AppError('card.provider_unavailable', { details, retryAfterSeconds: 5 });
  }
  const isAway = error instanceof errors.StripeConnectionError || (error.statusCode ?? 0) >= 500;
  if (isAway) return new AppError('card.provider_unavailable', { details, retryAfterSeconds: 5 });
  // A key used twice for different things is our own mistake.
  if (error instanceof errors.StripeIdempotencyError) return error;
  return new AppError('card.refused', { details, extra: { provider_code: error.code ?? null } });
};

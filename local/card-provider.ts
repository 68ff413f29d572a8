/**
 * The card provider of a platform on this machine: the stand-in of Stripe, or Stripe's own test mode where
 * the environment has a key of it. Only what it answers differs; the platform and the demo are the same.
 */
import { randomBytes } from 'node:crypto';
import type { StripeControl } from './stripe/control/control-client.ts';
import { startStripeStandIn } from './stripe/stand-in.ts';
import { UserError } from './user-error.ts';

export interface CardProvider {
  /** Where its API is; undefined: at Stripe's own address. */
  readonly address: string | undefined;
  readonly apiKey: string;
  /** Has the provider's events sent to this address; answers the signing secret, if there is one. */
  sendEventsTo(url: string): Promise<string | undefined>;
  /** What a test may ask of the stand-in; undefined with Stripe's test mode. */
  readonly control: StripeControl | undefined;
  close(): Promise<void>;
}

const testKeyVariable = 'STRIPE_SECRET_KEY';
const webhookSecretVariable = 'STRIPE_WEBHOOK_SECRET';

/** Stripe's test mode: its events reach this machine only through a tunnel, such as `stripe listen`. */
const testMode = (apiKey: string, webhookSecret: string | undefined): CardProvider => {
  if (!/^(sk|rk)_test_/.test(apiKey)) {
    throw new UserError(
      `${testKeyVariable} is no key of Stripe's test mode (sk_test_...): take one of those, or unset it.`,
    );
  }
  return {
    address: undefined,
    apiKey,
    sendEventsTo: async () => webhookSecret,
    control: undefined,
    close: async () => {},
  };
};

const standIn = async (): Promise<CardProvider> => {
  const stand = await startStripeStandIn({
    nowMs: Date.now,
    randomness: { bytes: (count) => randomBytes(count) },
    // A platform that is being restarted misses an event or two.
    retryAfterMs: [1_000, 5_000],
  });
  return {
    address: stand.url,
    apiKey: stand.secretKey,
    sendEventsTo: async (url) => (await stand.control.addEndpoint({ url })).secret,
    control: stand.control,
    close: () => stand.close(),
  };
};

/** Starts it. Throws a sentence when the environment's key is none of the test mode. */
export const startCardProvider = async (
  environment: NodeJS.ProcessEnv = process.env,
): Promise<CardProvider> => {
  const apiKey = environment[testKeyVariable];
  if (apiKey === undefined || apiKey === '') return standIn();
  return testMode(apiKey, environment[webhookSecretVariable]);
};

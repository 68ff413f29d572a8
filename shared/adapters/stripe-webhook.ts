/**
 * The signature of Stripe's webhooks, checked by Stripe's own library over the very bytes that came. Accepts
 * several secrets, so that one can be replaced while events are on their way; refuses what is older than
 * five minutes and, as the library does not, what lies in the future.
 */
import Stripe from 'stripe';
import { assert } from '../core/assert.ts';
import { minuteMs, secondMs } from '../core/time.ts';

/** How far the signed time may lie from ours, either way. */
const toleranceMs = 5 * minuteMs;

export interface SignedWebhook {
  readonly body: Uint8Array;
  /** The header Stripe-Signature; undefined where there was none. */
  readonly signature: string | undefined;
  readonly arrivedAtMs: number;
}

export type WebhookVerdict = 'genuine' | 'unsigned' | 'too_old' | 'too_new' | 'wrong';

/** Whether the body was signed with one of the secrets, now. */
export const verifyWebhook = (
  { body, signature, arrivedAtMs }: SignedWebhook,
  secrets: readonly string[],
): WebhookVerdict => {
  if (signature === undefined || signature === '') return 'unsigned';
  // The library takes the last of several times: only one lets us judge the one that was signed.
  const times = [...signature.matchAll(/(?:^|,)t=(\d{1,12})(?=,|$)/g)];
  if (times.length !== 1 || signature.split('t=').length !== 2) return 'wrong';
  const signedAtMs = Number(times[0]?.[1]) * secondMs;
  const isGenuine = secrets.some((secret) => isSignedWith(secret, body, signature, arrivedAtMs));
  if (!isGenuine) return 'wrong';
  if (signedAtMs < arrivedAtMs - toleranceMs) return 'too_old';
  if (signedAtMs > arrivedAtMs + toleranceMs) return 'too_new';
  return 'genuine';
};

/** Whether the signature is right, whatever its time: the time is judged by us, both ways. */
const isSignedWith = (
  secret: string,
  body: Uint8Array,
  signature: string,
  arrivedAtMs: number,
): boolean => {
  try {
    const { signature: verifier } = Stripe.webhooks;
    const noTolerance = 0;
    assert(verifier, 'the client has no verifier');
    return verifier.verifyHeader(body, signature, secret, noTolerance, undefined, arrivedAtMs);
  } catch (error) {
    if (error instanceof Stripe.errors.StripeSignatureVerificationError) return false;
    throw error;
  }
};

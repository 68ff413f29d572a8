/**
 * Whether the card provider signed what came: with the signing secret of now, or with the one before it,
 * so that events that are on their way while it is replaced still pass.
 */
import type { SecretPort } from '../../../shared/adapters/secrets.ts';
import { verifyWebhook, type WebhookVerdict } from '../../../shared/adapters/stripe-webhook.ts';
import { AppError } from '../../../shared/core/errors.ts';
import type { SentWebhook } from '../../kit/http/authentication.ts';

const sentences: Readonly<Record<Exclude<WebhookVerdict, 'genuine'>, string>> = {
  unsigned: 'There is no header Stripe-Signature.',
  wrong: 'The header Stripe-Signature does not fit the body.',
  too_old: 'The body was signed more than five minutes ago.',
  too_new: 'The body was signed in the future.',
};

/** Throws `webhook.signature_invalid`, with the reason, for everything else. */
export const requireStripeSignature =
  (secrets: SecretPort, secretArn: string) =>
  async ({ headers, body, arrivedAtMs }: SentWebhook): Promise<void> => {
    const known = [await secrets.read(secretArn), await secrets.readPrevious(secretArn)];
    const verdict = verifyWebhook(
      { body, signature: headers['stripe-signature'], arrivedAtMs },
      known.filter((secret) => secret !== undefined),
    );
    if (verdict !== 'genuine') {
      throw new AppError('webhook.signature_invalid', {
        message: sentences[verdict],
        details: { verdict },
      });
    }
  };

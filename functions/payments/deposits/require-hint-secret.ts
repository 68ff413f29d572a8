/**
 * Whether a hint comes from who watches the chain for us: it sends the secret that was given to it, the one of
 * now or the one before it, in the header Authorization. It proves nothing about the body, which nobody reads.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { SecretPort } from '../../../shared/adapters/secrets.ts';
import { AppError } from '../../../shared/core/errors.ts';
import type { SentWebhook } from '../../kit/http/authentication.ts';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Throws `webhook.signature_invalid` for everything else. */
export const requireHintSecret =
  (secrets: SecretPort, secretArn: string) =>
  async ({ headers }: Pick<SentWebhook, 'headers'>): Promise<void> => {
    const sent = digest(headers['authorization'] ?? '');
    const known = [await secrets.read(secretArn), await secrets.readPrevious(secretArn)];
    const fits = known.some(
      (secret) => secret !== undefined && secret !== '' && timingSafeEqual(sent, digest(secret)),
    );
    if (fits) return;
    throw new AppError('webhook.signature_invalid', {
      message: 'The header Authorization is not the secret of this endpoint.',
      suggestion: 'Compare it with the secret SolanaWebhookSecret that is stored (docs/solana.md).',
    });
  };

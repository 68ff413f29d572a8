/** Secrets Manager: secrets by ARN, fetched once and kept for some minutes. */
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { assert } from '../core/assert.ts';
import { type Clock, minuteMs } from '../core/time.ts';

export interface SecretPort {
  /** The secret's text; at most five minutes old. */
  read(arn: string): Promise<string>;
}

const keptMs = 5 * minuteMs;

export const secrets = (clock: Clock): SecretPort => {
  const client = new SecretsManagerClient({
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 3_000 },
  });
  const cache = new Map<string, { readonly text: string; readonly readAtMs: number }>();
  return {
    async read(arn) {
      const nowMs = clock.nowMs();
      const known = cache.get(arn);
      if (known && nowMs - known.readAtMs < keptMs) return known.text;
      const answer = await client.send(new GetSecretValueCommand({ SecretId: arn }));
      const text = answer.SecretString;
      assert(text, 'the secret holds no text');
      cache.set(arn, { text, readAtMs: nowMs });
      return text;
    },
  };
};

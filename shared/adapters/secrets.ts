/** Secrets Manager: secrets by ARN, fetched once and kept for some minutes. */
import {
  GetSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { assert } from '../core/assert.ts';
import { type Clock, hourMs, minuteMs } from '../core/time.ts';
import { requestLimits } from './request-limits.ts';

export interface SecretPort {
  /** The secret's text; at most five minutes old, or an hour while Secrets Manager does not answer. */
  read(arn: string): Promise<string>;
  /** The text that it had before the last rotation; undefined when it was never rotated. As old at most. */
  readPrevious(arn: string): Promise<string | undefined>;
}

const keptMs = 5 * minuteMs;
const staleMs = hourMs;

/** As Secrets Manager labels the versions of a secret. */
type Stage = 'AWSCURRENT' | 'AWSPREVIOUS';

export const secrets = (clock: Clock): SecretPort => {
  const client = new SecretsManagerClient({
    maxAttempts: 3,
    requestHandler: requestLimits(3_000),
  });
  const cache = new Map<string, { readonly text: string | undefined; readonly readAtMs: number }>();
  const fetchText = async (arn: string, stage: Stage): Promise<string | undefined> => {
    try {
      const asked = new GetSecretValueCommand({ SecretId: arn, VersionStage: stage });
      return (await client.send(asked)).SecretString;
    } catch (error) {
      if (stage === 'AWSPREVIOUS' && error instanceof ResourceNotFoundException) return undefined;
      throw error;
    }
  };
  const textOf = async (arn: string, stage: Stage): Promise<string | undefined> => {
    const nowMs = clock.nowMs();
    const known = cache.get(`${stage} ${arn}`);
    if (known && nowMs - known.readAtMs < keptMs) return known.text;
    try {
      const text = await fetchText(arn, stage);
      cache.set(`${stage} ${arn}`, { text, readAtMs: nowMs });
      return text;
    } catch (error) {
      if (!known || nowMs - known.readAtMs >= staleMs) throw error;
      return known.text;
    }
  };
  return {
    async read(arn) {
      const text = await textOf(arn, 'AWSCURRENT');
      assert(text, 'the secret holds no text');
      return text;
    },
    readPrevious: (arn) => textOf(arn, 'AWSPREVIOUS'),
  };
};

/**
 * S3: the bucket of transcripts, from which objects vanish after thirty days. Speaks to it directly: the
 * SDK's client would make the function a third larger (docs/decisions), for one kind of request.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Clock } from '../core/time.ts';
import { type AwsCredentials, type SigningScope, signedHeaders } from './sigv4.ts';

export interface TranscriptPort {
  /** Keeps the text under this name, in place of what is there. Throws when three attempts failed. */
  put(name: string, text: string): Promise<void>;
}

export interface TranscriptBucket {
  /** `https://...`, without a slash at its end; names follow it. */
  readonly url: string;
  readonly region: string;
  readonly credentials: AwsCredentials;
  /** The real time. */
  readonly clock: Clock;
}

const attemptsMax = 3;
const pauseMsFirst = 100;
const timeoutMs = 5_000;

export const transcripts = ({ url, clock, ...bucket }: TranscriptBucket): TranscriptPort => {
  const send = async (target: URL, body: string): Promise<number> => {
    const scope: SigningScope = { ...bucket, service: 's3', nowMs: clock.nowMs() };
    const headers = { 'content-type': 'application/json' };
    const signed = signedHeaders({ method: 'PUT', url: target, body, headers }, scope);
    const signal = AbortSignal.timeout(timeoutMs);
    const answer = await fetch(target, { method: 'PUT', headers: signed, body, signal });
    // Read to its end, so that the connection can be used again.
    await answer.arrayBuffer();
    return answer.status;
  };
  return {
    async put(name, text) {
      const target = new URL(`${url}/${name}`);
      for (let attempt = 1; ; attempt += 1) {
        const failure = await send(target, text).then(
          (status) => (status === 200 ? undefined : new Error(`S3 answered ${status}`)),
          (error: unknown) => new Error('S3 was not reached', { cause: error }),
        );
        if (failure === undefined) return;
        if (attempt === attemptsMax) throw failure;
        await pause(pauseMsFirst * 2 ** attempt);
      }
    },
  };
};

/**
 * S3, one bucket of it. Speaks to it directly: the SDK's client would make a function a third larger
 * (docs/decisions), for two kinds of requests.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { ObjectPort } from '../core/objects.ts';
import type { Clock } from '../core/time.ts';
import { type AwsCredentials, type RequestToSign, signedHeaders } from './sigv4.ts';

export interface ObjectBucket {
  /** `https://...`, without a slash at its end; names follow it. */
  readonly url: string;
  readonly region: string;
  readonly credentials: AwsCredentials;
  /** The real time. */
  readonly clock: Clock;
  readonly contentType: string;
  /** For one attempt. */
  readonly timeoutMs: number;
}

const attemptsMax = 3;
const pauseMsFirst = 100;
const nothing = new Uint8Array();

export const objects = (bucket: ObjectBucket): ObjectPort => {
  const { url, clock, contentType, timeoutMs } = bucket;
  const send = async (
    method: RequestToSign['method'],
    name: string,
    body: Uint8Array,
  ): Promise<Uint8Array> => {
    const target = new URL(`${url}/${name}`);
    const headers = method === 'PUT' ? { 'content-type': contentType } : {};
    const scope = { ...bucket, service: 's3' as const, nowMs: clock.nowMs() };
    const answer = await fetch(target, {
      method,
      headers: signedHeaders({ method, url: target, body, headers }, scope),
      ...(method === 'PUT' ? { body: Buffer.from(body) } : {}),
      signal: AbortSignal.timeout(timeoutMs),
    });
    // Read to its end, so that the connection can be used again.
    const bytes = new Uint8Array(await answer.arrayBuffer());
    if (answer.status !== 200) throw new Refused(`S3 answered ${answer.status} for ${name}`);
    return bytes;
  };
  const attempt = async (
    method: RequestToSign['method'],
    name: string,
    body: Uint8Array,
  ): Promise<Uint8Array> => {
    for (let number = 1; ; number += 1) {
      try {
        return await send(method, name, body);
      } catch (error) {
        if (number === attemptsMax) throw failureOf(error);
        await pause(pauseMsFirst * 2 ** number);
      }
    }
  };
  return {
    async put(name, bytes) {
      await attempt('PUT', name, bytes);
    },
    get: (name) => attempt('GET', name, nothing),
  };
};

class Refused extends Error {
  override readonly name = 'Refused';
}

const failureOf = (error: unknown): Error =>
  error instanceof Refused ? error : new Error('S3 was not reached', { cause: error });

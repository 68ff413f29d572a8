/**
 * Keys of the requests table: what the pipelines remember for a while. Socket connections stand there
 * too, by their key in shared/devices/keys.ts.
 */
import type { Key } from '../../shared/core/database.ts';

/** A nonce that a signer spent. */
export const nonceKey = (signer: string, nonce: string): Key => ({
  pk: `NONCE#${signer}#${nonce}`,
  sk: 'NONCE',
});

/** Requests of one subject in one minute; `window` is minutes since the epoch. */
export const rateKey = (subject: string, window: number): Key => ({
  pk: `RATE#${subject}#${window}`,
  sk: 'RATE',
});

/** The record of an Idempotency-Key; `scope` is whose it is, `digest` tells endpoint and key. */
export const idempotencyKey = (scope: string, digest: string): Key => ({
  pk: `IDEMPOTENCY#${scope}#${digest}`,
  sk: 'IDEMPOTENCY',
});

/** How far the local stage's clock was moved. */
export const clockOffsetKey: Key = { pk: 'CLOCK', sk: 'OFFSET' };

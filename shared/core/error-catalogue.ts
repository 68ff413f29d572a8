/**
 * Every code that a caller can meet: its kind, what happened, and what to do next. Codes are stable;
 * a test refuses a code that is thrown but not listed, and one that is listed but never thrown.
 */

/** What sort of refusal it is; decides the HTTP status and what a queue does with its message. */
export type ErrorKind =
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'payment_required'
  | 'not_found'
  | 'conflict'
  | 'unprocessable'
  | 'too_early'
  | 'limit_exceeded'
  | 'unavailable'
  | 'bug';

interface Row {
  readonly kind: ErrorKind;
  /** What happened, one sentence. */
  readonly title: string;
  /** What to do next, one sentence. */
  readonly suggestion: string;
}

const rows = {
  'request.malformed': {
    kind: 'invalid',
    title: 'The request is not what this endpoint accepts.',
    suggestion: 'Correct the fields named in errors; the API document lists every field.',
  },
  'request.too_large': {
    kind: 'invalid',
    title: 'The request body is larger than 256 KiB.',
    suggestion: 'Send a smaller body.',
  },
  'request.unknown_route': {
    kind: 'not_found',
    title: 'There is no such endpoint.',
    suggestion: 'Compare method and path with GET /v1/openapi.json.',
  },
  'request.idempotency_key_missing': {
    kind: 'invalid',
    title: 'This endpoint needs an Idempotency-Key header.',
    suggestion: 'Send a random key of 8 to 128 characters, and the same one when you retry.',
  },
  'request.idempotency_key_reused': {
    kind: 'unprocessable',
    title: 'This Idempotency-Key was used with another request body.',
    suggestion: 'Use a new key for a new request, or repeat the first request unchanged.',
  },
  'request.in_progress': {
    kind: 'conflict',
    title: 'A request with this Idempotency-Key is still in progress.',
    suggestion: 'Repeat the same request after the time in Retry-After.',
  },
  'request.rate_limited': {
    kind: 'limit_exceeded',
    title: 'Too many requests in this minute.',
    suggestion: 'Wait for the time in Retry-After, then go on more slowly.',
  },
  'platform.unavailable': {
    kind: 'unavailable',
    title: 'The platform could not finish the request in time.',
    suggestion: 'Repeat the request with the same Idempotency-Key after the time in Retry-After.',
  },
  'platform.bug': {
    kind: 'bug',
    title: 'Something went wrong on our side.',
    suggestion: 'Repeat the request; if it fails again, report the request_id.',
  },
  'identity.unauthenticated': {
    kind: 'unauthenticated',
    title: 'The request carries no valid API key.',
    suggestion:
      'Send "Authorization: Bearer <key>" with a key that is neither expired nor revoked.',
  },
  'identity.forbidden': {
    kind: 'forbidden',
    title: 'This API key may not do that.',
    suggestion: 'Use a key whose scopes include the one named in required_scope.',
  },
  'identity.not_found': {
    kind: 'not_found',
    title: 'There is no such organisation or API key.',
    suggestion: 'List what exists with GET /v1/api-keys.',
  },
  'identity.scope_not_grantable': {
    kind: 'unprocessable',
    title: 'A key cannot grant scopes that its role does not have.',
    suggestion: 'Leave scopes out to get all of the role, or name only scopes of the role.',
  },
  'device.signature_invalid': {
    kind: 'unauthenticated',
    title: "The device's signature does not verify.",
    suggestion: 'Sign with the key that registered the device; "raymesh-agent doctor" checks it.',
  },
  'device.clock_skew': {
    kind: 'unauthenticated',
    title: "The device's clock differs from the platform's by more than 60 seconds.",
    suggestion: 'Correct the clock by server_time and sign again.',
  },
  'device.nonce_replayed': {
    kind: 'unauthenticated',
    title: 'This signed request was sent before.',
    suggestion: 'Sign every request with a new nonce.',
  },
} as const satisfies Record<string, Row>;

/** A stable, public error code. */
export type ErrorCode = keyof typeof rows;

/** The catalogue, by code. */
export const catalogue: Readonly<Record<ErrorCode, Row>> = rows;

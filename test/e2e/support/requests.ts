/** Requests as they stand on the wire, well-formed or not, and the keys of made-up machines. */
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { signatureHeaders } from '../../../shared/core/http-signature.ts';

export interface RawRequest {
  readonly method?: 'GET' | 'POST';
  /** Begins with /v1. */
  readonly path: string;
  readonly key?: string;
  /** Sent as it is. */
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface RawAnswer {
  readonly status: number;
  readonly contentType: string | null;
  readonly body: Readonly<Record<string, unknown>>;
}

/** One request; a random Idempotency-Key goes with every POST unless headers name another. */
export const sendRaw = async (apiUrl: string, request: RawRequest): Promise<RawAnswer> => {
  const { method = 'POST', path, key, body, headers } = request;
  const response = await fetch(`${apiUrl}${path}`, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      ...(method === 'POST' ? { 'idempotency-key': randomUUID() } : {}),
      ...headers,
    },
    ...(body === undefined ? {} : { body }),
  });
  return {
    status: response.status,
    contentType: response.headers.get('content-type'),
    body: JSON.parse(await response.text()) as Record<string, unknown>,
  };
};

/** A machine's own key, as an agent makes it. */
export const machineKey = () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const { x = '' } = publicKey.export({ format: 'jwk' });
  return {
    publicKey: Buffer.from(x, 'base64url').toString('base64'),
    privateKeyPem: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  };
};

/** How a request is signed, where it differs from what an honest agent does. */
export interface Signing {
  readonly privateKeyPem: string;
  readonly keyid: string;
  /** The signer's clock: its distance from this machine's, in milliseconds. */
  readonly clockOffsetMs?: number;
  readonly nonce?: string;
}

/** The request with the headers that sign it for this platform. */
export const signedRequest = (
  apiUrl: string,
  request: RawRequest,
  { privateKeyPem, keyid, clockOffsetMs = 0, nonce = randomUUID() }: Signing,
): RawRequest => {
  const { method = 'POST', path, body = '' } = request;
  const parts = { method, authority: new URL(apiUrl).host, path, body };
  const at = { nowMs: Date.now() + clockOffsetMs, nonce };
  return {
    ...request,
    headers: { ...signatureHeaders(parts, { privateKeyPem, keyid }, at), ...request.headers },
  };
};

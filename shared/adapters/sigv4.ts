/**
 * AWS Signature Version 4 for requests with a body that is known in full, as S3 takes them. Enough for an
 * adapter that sends one kind of request or two, where the service's whole client would not pay its way.
 */
import { createHmac } from 'node:crypto';
import { sha256Hex } from '../core/hash.ts';
import { isoOf } from '../core/time.ts';

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of temporary credentials, as functions have them. */
  readonly sessionToken?: string | undefined;
}

export interface RequestToSign {
  readonly method: 'PUT' | 'GET';
  /** Without a query. Its path is signed as it stands there: percent-encoded once. */
  readonly url: URL;
  readonly body: string | Uint8Array;
  /** Further headers to send and sign, by lower-case name. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface SigningScope {
  readonly region: string;
  readonly service: 's3';
  readonly credentials: AwsCredentials;
  /** Real time; the service accepts a quarter of an hour of difference. */
  readonly nowMs: number;
}

const hmac = (key: string | Uint8Array, text: string): Buffer =>
  createHmac('sha256', key).update(text).digest();

/** All headers to send with the request, its `authorization` among them; `host` is sent by itself. */
export const signedHeaders = (
  request: RequestToSign,
  { region, service, credentials, nowMs }: SigningScope,
): Readonly<Record<string, string>> => {
  const at = isoOf(nowMs).replaceAll(/[-:]|\.\d{3}/g, '');
  const bodyHash = sha256Hex(request.body);
  const sent = {
    ...request.headers,
    'x-amz-content-sha256': bodyHash,
    'x-amz-date': at,
    ...(credentials.sessionToken ? { 'x-amz-security-token': credentials.sessionToken } : {}),
  };
  const all: Readonly<Record<string, string>> = { ...sent, host: request.url.host };
  const names = Object.keys(all).sort();
  const canonical = [
    request.method,
    request.url.pathname,
    '',
    ...names.map((name) => `${name}:${all[name]}`),
    '',
    names.join(';'),
    bodyHash,
  ].join('\n');
  const scope = `${at.slice(0, 8)}/${region}/${service}/aws4_request`;
  const toSign = ['AWS4-HMAC-SHA256', at, scope, sha256Hex(canonical)].join('\n');
  const key = scope.split('/').reduce<string | Buffer>(hmac, `AWS4${credentials.secretAccessKey}`);
  const signature = hmac(key, toSign).toString('hex');
  const credential = `Credential=${credentials.accessKeyId}/${scope}`;
  const authorization = `AWS4-HMAC-SHA256 ${credential},SignedHeaders=${names.join(';')},Signature=${signature}`;
  return { ...sent, authorization };
};

/**
 * One HTTP exchange after the other over connections that are kept, or opened ahead: between two phases of
 * a proof the processor works for seconds, and a handshake anew would be charged to it. Redirects are not
 * followed. Signing, meaning and repetition are the callers'.
 */
import { Agent as HttpAgent, type IncomingHttpHeaders, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { codeOf, messageOf } from '../problem.ts';
import { createReadyConnection } from './ready-connection.ts';

/** An idle connection is kept so long, in milliseconds; gateways hang up after a minute or more. */
const idleMs = 55_000;
const answerBytesMax = 32 * 1024 * 1024;

/** A request as it goes over the wire. */
export interface WireRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** Bound on the whole exchange, milliseconds. */
  readonly timeoutMs: number;
  /** Ends the exchange before its time. */
  readonly signal?: AbortSignal | undefined;
}

export interface WireAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** There was no answer. */
export class ExchangeFailed extends Error {
  override readonly name = 'ExchangeFailed';
  /** The connection was an old one that the other side had just closed: once more is worth it. */
  readonly wasStale: boolean;

  constructor(message: string, wasStale: boolean) {
    super(message);
    this.wasStale = wasStale;
  }
}

export interface Transport {
  /** Throws ExchangeFailed. */
  exchange(request: WireRequest): Promise<WireAnswer>;
  /** Opens a connection to where `url` leads unless one is kept; sends nothing. Never throws. */
  openAhead(url: URL): void;
}

/** A transport of its own connections, `connectionsMax` at a time and host. */
export const createTransport = (connectionsMax = 16): Transport => {
  const options = { keepAlive: true, maxSockets: connectionsMax, timeout: idleMs };
  const plain = new HttpAgent(options);
  const secure = new HttpsAgent(options);
  const ready = {
    plain: createReadyConnection(plain, idleMs),
    secure: createReadyConnection(secure, idleMs),
  };

  return {
    openAhead: (url) => (url.protocol === 'https:' ? ready.secure : ready.plain).open(url),
    exchange: ({ url, method, headers, body, timeoutMs, signal }) =>
      new Promise((resolve, reject) => {
        const limit = AbortSignal.timeout(timeoutMs);
        const isSecure = url.protocol === 'https:';
        const call = (isSecure ? requestHttps : requestHttp)(url, {
          method,
          headers: { ...headers, 'content-length': String(body.length) },
          agent: isSecure ? secure : plain,
          signal: signal ? AbortSignal.any([signal, limit]) : limit,
        });
        const fail = (thrown: unknown) => {
          const code = String(codeOf(thrown) ?? '');
          const isLate = code === 'ABORT_ERR' && limit.aborted;
          const why = isLate ? `no answer within ${timeoutMs} ms` : messageOf(thrown) || code;
          reject(new ExchangeFailed(why, call.reusedSocket && code === 'ECONNRESET'));
        };
        call.on('error', fail);
        call.on('response', (response) => {
          const parts: Buffer[] = [];
          let length = 0;
          response.on('data', (part: Buffer) => {
            parts.push(part);
            length += part.length;
            if (length > answerBytesMax) response.destroy(new Error('the answer is too long'));
          });
          response.on('error', fail);
          response.on('end', () =>
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              body: Buffer.concat(parts),
            }),
          );
        });
        call.end(body);
      }),
  };
};

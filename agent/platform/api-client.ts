/**
 * Signed requests to the platform. A refusal for a wrong clock carries the platform's time: the
 * client keeps the difference and signs once more. Every other failure is told apart as refused (the
 * platform answered) or unreachable (it did not), for the callers decide differently. Whatever answer
 * names the platform's time teaches the server's clock.
 */
import * as z from 'zod';
import { signatureHeaders } from '../../shared/core/http-signature.ts';
import { messageOf } from '../problem.ts';
import type { AgentRuntime } from '../runtime.ts';
import { createServerClock, type ServerClock } from './server-clock.ts';
import { createTransport, ExchangeFailed, type Transport } from './transport.ts';

const timeoutMs = 10_000;
const problemSchema = z.looseObject({
  code: z.string(),
  title: z.string().optional(),
  detail: z.string().optional(),
  suggestion: z.string().optional(),
});
/** Where answers of any kind name the platform's time. */
const timeSchema = z.union([
  z.object({ server_time_ms: z.int() }).transform((found) => found.server_time_ms),
  z.object({ server_time: z.iso.datetime() }).transform((found) => Date.parse(found.server_time)),
]);

/** The platform answered with a problem document. */
export class PlatformRefusal extends Error {
  override readonly name = 'PlatformRefusal';
  readonly status: number;
  readonly code: string;
  readonly suggestion: string;
  /** The whole problem document, for the members that a code brings with it. */
  readonly problem: Readonly<Record<string, unknown>>;

  constructor(
    status: number,
    code: string,
    words: { detail: string; suggestion: string },
    problem: Readonly<Record<string, unknown>> = {},
  ) {
    super(words.detail);
    this.status = status;
    this.code = code;
    this.suggestion = words.suggestion;
    this.problem = problem;
  }

  /** Whether the same request may succeed later. */
  get isTemporary(): boolean {
    return this.status >= 500 || [401, 403, 408, 425, 429].includes(this.status);
  }
}

/** The platform did not answer, or not in its own form. */
export class PlatformUnreachable extends Error {
  override readonly name = 'PlatformUnreachable';
}

/** Who signs, and where the platform is. */
export interface ApiIdentity {
  readonly apiUrl: string;
  readonly privateKeyPem: string;
  /** The public key before registration, the device's id afterwards. */
  readonly keyid: string;
}

/** A request of the agent; `path` begins with /v1/ and has no query. */
interface RequestBase {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as they are, in place of `body`. */
  readonly octets?: Uint8Array;
  /** For public documents, which caches may answer: goes without a signature. */
  readonly isPublic?: boolean;
  /** Bound on the exchange in milliseconds; 10 seconds unless given. */
  readonly timeoutMs?: number;
  /** Gives the exchange up, as when the agent ends. */
  readonly signal?: AbortSignal;
}

export interface ApiRequest<T> extends RequestBase {
  readonly answer: z.ZodType<T>;
}

export interface ApiClient {
  /** Throws PlatformRefusal or PlatformUnreachable. */
  send<T>(request: ApiRequest<T>): Promise<T>;
  /** The same for an answer that is no JSON. */
  fetchOctets(request: RequestBase): Promise<Buffer>;
  /** Headers that sign opening the socket at this address. */
  socketHeaders(socketUrl: string): Record<string, string>;
  /** Has a connection ready for the next request; asks for nothing, so it costs the platform nothing. */
  openAhead(): void;
  /** What answers have told about the platform's time. */
  readonly serverClock: ServerClock;
}

const jsonIn = (body: Buffer): unknown => {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
};

const readRefusal = (status: number, document: unknown): PlatformRefusal => {
  const read = problemSchema.safeParse(document);
  if (read.success) {
    const { code, detail, title, suggestion = '' } = read.data;
    const words = { detail: detail ?? title ?? 'The platform refused.', suggestion };
    return new PlatformRefusal(status, code, words, read.data);
  }
  return new PlatformRefusal(status, 'unknown', {
    detail: `What listens at the platform's address answered ${status} in no known form.`,
    suggestion: 'If the platform has moved or was set up anew, leave and join again.',
  });
};

interface Payload {
  readonly bytes: Uint8Array;
  readonly type: string | undefined;
}

const payloadOf = ({ body, octets }: RequestBase): Payload => {
  if (octets) return { bytes: octets, type: 'application/octet-stream' };
  if (body === undefined) return { bytes: new Uint8Array(), type: undefined };
  return { bytes: Buffer.from(JSON.stringify(body)), type: 'application/json' };
};

/** A client with its own correction of the clock; connections of its own unless given some. */
export const createApiClient = (
  runtime: AgentRuntime,
  identity: ApiIdentity,
  transport: Transport = createTransport(),
): ApiClient => {
  const serverClock = createServerClock(runtime);
  let clockOffsetMs = 0;

  const sign = (method: string, authority: string, path: string, body: string | Uint8Array) =>
    signatureHeaders({ method, authority, path, body }, identity, {
      nowMs: runtime.clock.nowMs() + clockOffsetMs,
      nonce: Buffer.from(runtime.randomness.bytes(16)).toString('base64url'),
    });

  /** A closed connection is noticed by using it: then, and only then, once more. */
  const exchange = async (request: RequestBase, payload: Payload, isAgain = false) => {
    const { method, path } = request;
    const url = new URL(`${identity.apiUrl}${path}`);
    const sentMs = runtime.monotonicMs();
    try {
      const answer = await transport.exchange({
        url,
        method,
        headers: {
          ...(request.isPublic ? {} : sign(method, url.host, path, payload.bytes)),
          ...(payload.type === undefined ? {} : { 'content-type': payload.type }),
        },
        body: payload.bytes,
        timeoutMs: request.timeoutMs ?? timeoutMs,
        signal: request.signal,
      });
      return { ...answer, sentMs, receivedMs: runtime.monotonicMs() };
    } catch (thrown) {
      if (thrown instanceof ExchangeFailed && thrown.wasStale && !isAgain) {
        return exchange(request, payload, true);
      }
      throw new PlatformUnreachable(`${url.origin} does not answer: ${messageOf(thrown)}`);
    }
  };

  /** The body of a good answer; `document` is what it says when it is JSON. */
  const attempt = async (
    request: RequestBase,
    mayRetry = true,
  ): Promise<{ readonly body: Buffer; readonly document: unknown }> => {
    const { status, headers, body, sentMs, receivedMs } = await exchange(
      request,
      payloadOf(request),
    );
    const isJson = /[/+]json\b/.test(headers['content-type'] ?? '');
    const document = isJson ? jsonIn(body) : undefined;
    const told = timeSchema.safeParse(document);
    if (told.success) serverClock.learn({ serverMs: told.data, sentMs, receivedMs });
    if (status >= 200 && status < 300) return { body, document };
    const refusal = readRefusal(status, document);
    if (refusal.code !== 'device.clock_skew' || !told.success || !mayRetry) throw refusal;
    clockOffsetMs = told.data - runtime.clock.nowMs();
    runtime.log.warn('clock_corrected', { seconds: Math.round(clockOffsetMs / 1_000) });
    return attempt(request, false);
  };

  return {
    serverClock,
    send: async ({ answer, ...request }) => {
      const { document } = await attempt(request);
      const read = answer.safeParse(document);
      if (read.success) return read.data;
      const why = messageOf(read.error).slice(0, 300);
      throw new PlatformUnreachable(`An unreadable answer: ${why}`);
    },
    openAhead: () => transport.openAhead(new URL(identity.apiUrl)),
    fetchOctets: async (request) => (await attempt(request)).body,
    socketHeaders: (socketUrl) => sign('GET', new URL(socketUrl).host, '/', ''),
  };
};

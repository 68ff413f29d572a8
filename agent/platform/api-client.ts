/**
 * Signed requests to the platform. A refusal for a wrong clock carries the platform's time: the
 * client keeps the difference and signs once more. Every other failure is told apart as refused (the
 * platform answered) or unreachable (it did not), for the callers decide differently.
 */
import * as z from 'zod';
import { signatureHeaders } from '../../shared/core/http-signature.ts';
import { messageOf } from '../problem.ts';
import type { AgentRuntime } from '../runtime.ts';

const timeoutMs = 10_000;
const problemSchema = z.object({
  code: z.string(),
  title: z.string().optional(),
  detail: z.string().optional(),
  suggestion: z.string().optional(),
  server_time: z.iso.datetime().optional(),
});

/** The platform answered with a problem document. */
export class PlatformRefusal extends Error {
  override readonly name = 'PlatformRefusal';
  readonly status: number;
  readonly code: string;
  readonly suggestion: string;

  constructor(status: number, code: string, words: { detail: string; suggestion: string }) {
    super(words.detail);
    this.status = status;
    this.code = code;
    this.suggestion = words.suggestion;
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
export interface ApiRequest<T> {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: unknown;
  readonly answer: z.ZodType<T>;
}

export interface ApiClient {
  /** Throws PlatformRefusal or PlatformUnreachable. */
  send<T>(request: ApiRequest<T>): Promise<T>;
  /** Headers that sign opening the socket at this address. */
  socketHeaders(socketUrl: string): Record<string, string>;
}

const readRefusal = (status: number, text: string) => {
  try {
    const problem = problemSchema.parse(JSON.parse(text));
    const words = {
      detail: problem.detail ?? problem.title ?? 'The platform refused.',
      suggestion: problem.suggestion ?? '',
    };
    return {
      refusal: new PlatformRefusal(status, problem.code, words),
      serverTime: problem.server_time,
    };
  } catch {
    const words = {
      detail: `What listens at the platform's address answered ${status} in no known form.`,
      suggestion: 'If the platform has moved or was set up anew, leave and join again.',
    };
    return { refusal: new PlatformRefusal(status, 'unknown', words), serverTime: undefined };
  }
};

/** A client with its own correction of the clock. */
export const createApiClient = (runtime: AgentRuntime, identity: ApiIdentity): ApiClient => {
  let clockOffsetMs = 0;

  const sign = (method: string, authority: string, path: string, body: string) =>
    signatureHeaders({ method, authority, path, body }, identity, {
      nowMs: runtime.clock.nowMs() + clockOffsetMs,
      nonce: Buffer.from(runtime.randomness.bytes(16)).toString('base64url'),
    });

  const attempt = async (method: string, path: string, body: string) => {
    const url = new URL(`${identity.apiUrl}${path}`);
    try {
      const response = await fetch(url, {
        method,
        headers: {
          ...sign(method, url.host, path, body),
          ...(body === '' ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === '' ? {} : { body }),
        signal: AbortSignal.timeout(timeoutMs),
        redirect: 'error',
      });
      return { status: response.status, text: await response.text() };
    } catch (thrown) {
      const cause = thrown instanceof Error ? messageOf(thrown.cause ?? thrown) : String(thrown);
      throw new PlatformUnreachable(`${url.origin} does not answer: ${cause}`);
    }
  };

  const send = async <T>(request: ApiRequest<T>, mayRetry = true): Promise<T> => {
    const body = request.body === undefined ? '' : JSON.stringify(request.body);
    const { status, text } = await attempt(request.method, request.path, body);
    if (status >= 200 && status < 300) {
      try {
        return request.answer.parse(JSON.parse(text));
      } catch (thrown) {
        throw new PlatformUnreachable(`An unreadable answer: ${messageOf(thrown).slice(0, 300)}`);
      }
    }
    const { refusal, serverTime } = readRefusal(status, text);
    if (refusal.code !== 'device.clock_skew' || !serverTime || !mayRetry) throw refusal;
    clockOffsetMs = Date.parse(serverTime) - runtime.clock.nowMs();
    runtime.log.warn('clock_corrected', { seconds: Math.round(clockOffsetMs / 1_000) });
    return send(request, false);
  };

  return {
    send: (request) => send(request),
    socketHeaders: (socketUrl) => sign('GET', new URL(socketUrl).host, '/', ''),
  };
};

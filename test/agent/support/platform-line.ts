/**
 * An agent on a line to the platform's real functions: each exchange goes through a whole HTTP pipeline.
 * The two share the platform's clock, which waits and the line move; a test may lose messages on the way.
 */
import { createApiClient } from '../../../agent/platform/api-client.ts';
import {
  ExchangeFailed,
  type Transport,
  type WireRequest,
} from '../../../agent/platform/transport.ts';
import type { AgentRuntime } from '../../../agent/runtime.ts';
import type { HttpFunction } from '../../../functions/kit/http.ts';
import { callHttp, testHost } from '../../support/http.ts';
import type { TestRuntime } from '../../support/runtime.ts';
import { testRuntime } from './runtime.ts';

/** What becomes of an exchange: `request` and `answer` name what is lost on the way. */
export type Fate = 'arrives' | 'request' | 'answer';

export interface PlatformLine {
  readonly platform: TestRuntime;
  readonly serve: HttpFunction;
  readonly identity: { readonly keyid: string; readonly privateKeyPem: string };
  /** Decides on each exchange, the first of a path and the repeated ones alike. */
  readonly fateOf?: (request: WireRequest) => Fate;
  /** One way, milliseconds. */
  readonly latencyMs?: number;
  readonly overrides?: Partial<AgentRuntime>;
}

const bytesOf = (body: unknown): Buffer =>
  body instanceof Uint8Array ? Buffer.from(body) : Buffer.from(JSON.stringify(body));

/** The agent's runtime and client, and what went over the line. */
export const openLine = (line: PlatformLine) => {
  const { platform, serve, fateOf = () => 'arrives', latencyMs = 10 } = line;
  const sent: WireRequest[] = [];
  const transport: Transport = {
    openAhead: () => {},
    exchange: async (request) => {
      sent.push(request);
      const fate = fateOf(request);
      platform.clock.ms += latencyMs;
      if (fate === 'request') throw new ExchangeFailed('the request was lost', false);
      const { method, url, headers, body } = request;
      const answer = await callHttp(serve, {
        method,
        path: url.pathname,
        rawBody: headers['content-type'] === 'application/octet-stream' ? body : body.toString(),
        headers: { ...headers, host: testHost },
        gatewayMs: platform.clock.ms,
      });
      platform.clock.ms += latencyMs;
      if (fate === 'answer') throw new ExchangeFailed('the answer was lost', false);
      return { status: answer.status, headers: answer.headers, body: bytesOf(answer.body) };
    },
  };
  const { runtime, lines } = testRuntime({
    clock: platform.clock,
    monotonicMs: () => platform.clock.ms,
    wait: async (ms, signal) => {
      if (!signal?.aborted) platform.clock.ms += ms;
      await new Promise((resolve) => setImmediate(resolve));
    },
    ...line.overrides,
  });
  const identity = { apiUrl: `https://${testHost}`, ...line.identity };
  return { runtime, lines, sent, api: createApiClient(runtime, identity, transport) };
};

/**
 * An agent and a platform in simulated time: waits and requests move the clocks, and what a test has put on
 * the calendar happens meanwhile. The client is the real one; only the wire below it is simulated.
 */

import { createApiClient } from '../../../../agent/platform/api-client.ts';
import { ExchangeFailed, type Transport } from '../../../../agent/platform/transport.ts';
import type { AgentRuntime } from '../../../../agent/runtime.ts';
import { makeDeviceKey } from '../../../../agent/state/device-key.ts';
import { testRuntime } from '../../support/runtime.ts';

/** What the platform answers; `undefined`: nothing. */
export interface SimulatedAnswer {
  readonly status: number;
  readonly document: unknown;
}

export interface SimulatedRequest {
  readonly method: string;
  readonly path: string;
  /** The platform's time of its arrival. */
  readonly atMs: number;
  readonly body: Uint8Array;
}

export interface SimulatedWorld {
  readonly respond: (request: SimulatedRequest) => SimulatedAnswer | undefined;
  /** One way, milliseconds. */
  readonly latencyMs?: number;
}

export const startMs = Date.UTC(2026, 10, 22, 18, 0, 5);

/** A world that begins at 18:00:05, its platform's clock 90 ms ahead of the machine's. */
export const simulate = ({ respond, latencyMs = 20 }: SimulatedWorld) => {
  const calendar: { readonly atMs: number; readonly happen: () => void }[] = [];
  const machine = { wallMs: startMs, monotonicMs: 1_000, platformAheadMs: 90 };
  let passedMs = 0;

  const move = (ms: number): void => {
    passedMs += ms;
    machine.wallMs += ms;
    machine.monotonicMs += ms;
  };
  /** Lets time pass, and what is due happen, until `signal` aborts. */
  const pass = (ms: number, signal?: AbortSignal): void => {
    const untilMs = passedMs + ms;
    while (!signal?.aborted) {
      const next = calendar
        .filter(({ atMs }) => atMs <= untilMs)
        .sort((a, b) => a.atMs - b.atMs)[0];
      if (!next) break;
      calendar.splice(calendar.indexOf(next), 1);
      move(Math.max(0, next.atMs - passedMs));
      next.happen();
    }
    if (!signal?.aborted) move(untilMs - passedMs);
  };
  const platformMs = () => machine.wallMs + machine.platformAheadMs;

  const requests: SimulatedRequest[] = [];
  /** When connections were made ready, by the platform's clock. */
  const readied: number[] = [];
  const transport: Transport = {
    openAhead: () => readied.push(platformMs()),
    exchange: async ({ method, url, body }) => {
      pass(latencyMs);
      const request = { method, path: url.pathname, atMs: platformMs(), body };
      requests.push(request);
      const answer = respond(request);
      pass(latencyMs);
      if (!answer) throw new ExchangeFailed('no answer', false);
      const headers = { 'content-type': 'application/json' };
      return { status: answer.status, headers, body: Buffer.from(JSON.stringify(answer.document)) };
    },
  };
  const overrides: Partial<AgentRuntime> = {
    clock: { nowMs: () => machine.wallMs },
    monotonicMs: () => machine.monotonicMs,
    wait: async (ms, signal) => {
      if (!signal?.aborted) pass(ms, signal);
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
  const { runtime, lines } = testRuntime(overrides);
  const key = makeDeviceKey(runtime.stateFolder);
  const identity = {
    apiUrl: 'https://api.example.com',
    privateKeyPem: key.privateKeyPem,
    keyid: 'dev_one',
  };
  const api = createApiClient(runtime, identity, transport);
  /** Puts something on the calendar, milliseconds from the beginning. */
  const at = (ms: number, happen: () => void) => calendar.push({ atMs: ms, happen });
  return { runtime, lines, api, key, machine, requests, readied, platformMs, at };
};

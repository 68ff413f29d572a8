/**
 * A speed test of the line to the platform: the exchanges that the command names, one after the other over
 * one connection, each as soon as the one before is answered. The platform's clock measures; the agent
 * shows by digests and by what it sends that all octets have really gone over the line.
 */
import type { TestSpeedCommand } from '../../shared/clusters/agent-protocol.ts';
import { sha256Hex } from '../../shared/core/hash.ts';
import { keystream } from '../../shared/core/keystream.ts';
import { type SpeedAnswer, speedAnswerSchema } from '../../shared/devices/speed-schemas.ts';
import { messageOf } from '../problem.ts';
import type { AgentRuntime } from '../runtime.ts';
import { type ApiClient, PlatformUnreachable } from './api-client.ts';
import { untilAnswered } from './until-answered.ts';

/** One exchange may take so long on a slow line, in milliseconds. */
const exchangeMs = 60_000;

/** What the exchange before left behind. */
interface Before {
  readonly receivedSha256: string | null;
  readonly seed: string | null;
}

type Result = NonNullable<SpeedAnswer['result']>;

/** What an `up` sends; throws when the platform named no seed for it. */
const octetsOf = (seed: string | null, count: number): Uint8Array => {
  if (seed !== null) return keystream(Buffer.from(seed, 'hex'), count);
  throw new PlatformUnreachable('An unreadable answer: it names no seed for what is to be sent.');
};

/**
 * Makes all exchanges; answers what the platform measured. `api` has one connection and nothing else to do.
 * Throws what the platform refuses for good, for example a test that is over.
 */
export const runSpeedTest = async (
  runtime: AgentRuntime,
  api: Pick<ApiClient, 'send' | 'fetchOctets'>,
  command: TestSpeedCommand,
  signal: AbortSignal,
): Promise<Result | null> => {
  const base = `/v1/agent/speed-tests/${command.test_id}`;
  const options = {
    limitMs: command.finish_within_seconds * 1_000,
    onFailure: (thrown: unknown, count: number) =>
      runtime.log.warn('speed_exchange_failed', { reason: messageOf(thrown), count }),
  };
  const deliver = <T>(attempt: () => Promise<T>) =>
    untilAnswered(runtime, attempt, options, signal);
  const common = { timeoutMs: exchangeMs, signal, answer: speedAnswerSchema } as const;

  const ask = (number: number, { receivedSha256 }: Before) => {
    const body = { number, received_sha256: receivedSha256 };
    return deliver(() => api.send({ ...common, method: 'POST', path: `${base}/ping`, body }));
  };
  const bring = (number: number, { receivedSha256 }: Before) => {
    const body = { number, received_sha256: receivedSha256 };
    const request = {
      method: 'POST',
      path: `${base}/down`,
      body,
      timeoutMs: exchangeMs,
      signal,
    } as const;
    return deliver(() => api.fetchOctets(request));
  };
  const take = (number: number, { seed }: Before) => {
    const octets = octetsOf(seed, command.up_bytes);
    const path = `${base}/up/${number}`;
    return deliver(() => api.send({ ...common, method: 'PUT', path, octets }));
  };

  let before: Before = { receivedSha256: null, seed: null };
  let result: Result | null = null;
  for (const [number, kind] of command.exchanges.entries()) {
    if (kind === 'down') {
      before = { receivedSha256: sha256Hex(await bring(number, before)), seed: null };
      continue;
    }
    const answer = await (kind === 'up' ? take(number, before) : ask(number, before));
    before = { receivedSha256: null, seed: answer.seed };
    result = answer.result;
  }
  return result;
};

/**
 * One provider's JSON-RPC interface through Kit, with what every call to it has in common: a time limit, a
 * few repetitions where the node asks for patience or the connection breaks, and refusals in our own form.
 * Its address may hold a key, so it stands in no error.
 */
import {
  createSolanaRpc,
  isSolanaError,
  type Rpc,
  SOLANA_ERROR__RPC__TRANSPORT_HTTP_ERROR,
  type SolanaRpcApi,
} from '@solana/kit';
import * as z from 'zod';
import { AppError } from '../core/errors.ts';
import { secondMs } from '../core/time.ts';

export interface SolanaAccess {
  /** Names it in logs; not its address. */
  readonly provider: string;
  readonly url: string;
  /** Waits between repetitions. */
  readonly pause: (milliseconds: number) => Promise<void>;
  /** How long one try may take; ten seconds unless told. */
  readonly timeoutMs?: number;
}

/** A call that Kit has prepared. */
interface Prepared {
  send(options: { readonly abortSignal: AbortSignal }): Promise<unknown>;
}

/** Makes a call, and reads what came back by the schema. */
export type CallSolana = <Answer>(
  prepare: (rpc: Rpc<SolanaRpcApi>) => Prepared,
  answer: z.ZodType<Answer>,
) => Promise<Answer>;

const usualTimeoutMs = 10 * secondMs;
const triesMax = 3;
const firstPauseMs = 250;
/** A node that asks for more patience is left alone; the caller comes back by itself. */
const pauseMsMax = 5 * secondMs;
const retryAfterSecondsUsual = 5;

/** Statuses of gateways and limits, which pass. */
const passing: ReadonlySet<number> = new Set([429, 502, 503, 504]);

interface Failure {
  readonly details: Readonly<Record<string, unknown>>;
  readonly isPassing: boolean;
  readonly retryAfterSeconds: number | undefined;
}

const failureOf = (error: unknown): Failure => {
  if (isSolanaError(error, SOLANA_ERROR__RPC__TRANSPORT_HTTP_ERROR)) {
    const { statusCode: status, headers } = error.context;
    const told = headers.get('retry-after') ?? '';
    const retryAfterSeconds = /^\d{1,6}$/.test(told) ? Number(told) : undefined;
    return { details: { status }, isPassing: passing.has(status), retryAfterSeconds };
  }
  const waits = { retryAfterSeconds: undefined };
  if (isSolanaError(error)) {
    return { details: { code: error.context.__code }, isPassing: false, ...waits };
  }
  // Those of fetch are of no class that can be named: a broken connection, a time limit, a body cut short.
  const name = error instanceof Error || isNamed(error) ? error.name : typeof error;
  return { details: { name }, isPassing: name !== 'TimeoutError', ...waits };
};

const isNamed = (error: unknown): error is { readonly name: string } =>
  typeof error === 'object' && error !== null && 'name' in error && typeof error.name === 'string';

const refusalOf = (provider: string, { details, retryAfterSeconds }: Failure): AppError =>
  new AppError('solana.unavailable', {
    details: { provider, ...details },
    retryAfterSeconds: retryAfterSeconds ?? retryAfterSecondsUsual,
  });

/** Whether the provider refused with this code of JSON-RPC. */
export const hasRefusedWith = (error: unknown, asked: number): boolean => {
  if (!(error instanceof AppError)) return false;
  const { code } = error.options.details ?? {};
  return code === asked;
};

/**
 * Calls this provider. What it does not do in time, or not at all, is its `solana.unavailable`, also where it
 * blames the request: a provider that lacks a method is no obstacle to the others. The code is told, never
 * the node's words, in which its address may stand.
 */
export const solanaCalls = (access: SolanaAccess): CallSolana => {
  const { provider, url, pause, timeoutMs = usualTimeoutMs } = access;
  const rpc = createSolanaRpc(url);

  const sendPatiently = async (prepared: Prepared): Promise<unknown> => {
    for (let tried = 1; ; tried += 1) {
      try {
        return await prepared.send({ abortSignal: AbortSignal.timeout(timeoutMs) });
      } catch (error) {
        const failure = failureOf(error);
        const asked = failure.retryAfterSeconds;
        const pauseMs = asked === undefined ? firstPauseMs * 2 ** (tried - 1) : asked * secondMs;
        if (!failure.isPassing || tried === triesMax || pauseMs > pauseMsMax) {
          throw refusalOf(provider, failure);
        }
        await pause(pauseMs);
      }
    }
  };

  return async (prepare, answer) => {
    const parsed = answer.safeParse(await sendPatiently(prepare(rpc)));
    if (parsed.success) return parsed.data;
    const details = { form: z.prettifyError(parsed.error) };
    throw refusalOf(provider, { details, isPassing: false, retryAfterSeconds: undefined });
  };
};

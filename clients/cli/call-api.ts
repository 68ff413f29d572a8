/** How a command asks a platform: by its address, with the platform's own words where it refuses. */
import * as z from 'zod';
import { secondMs } from '../../shared/core/time.ts';
import { CliError } from './cli-error.ts';

const timeoutMs = 30 * secondMs;
/** A part of a statement has 8,192 rows of some 150 bytes; nothing else is larger. */
const answerBytesMax = 16 * 1024 * 1024;

const problemSchema = z.object({ detail: z.string(), suggestion: z.string().optional() });

/** The address without a slash at its end; CliError for one that is none. */
export const addressOf = (url: string | undefined): string => {
  if (url === undefined) throw new CliError('The command needs --url <address of the API>.');
  if (!/^https?:\/\/[^\s?#]+$/.test(url)) throw new CliError(`${url} is no address of an API.`);
  return url.replace(/\/+$/, '');
};

/** The JSON in a text; undefined for any other text. */
export const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

interface ApiRequest {
  readonly method: 'PUT';
  readonly key: string;
  readonly body: unknown;
}

/** The text that an address answers, with GET unless told; CliError when it refuses, or is not reached. */
export const callApi = async (address: string, request?: ApiRequest): Promise<string> => {
  let status: number;
  let text: string;
  try {
    const answer = await fetch(address, {
      signal: AbortSignal.timeout(timeoutMs),
      ...(request && {
        method: request.method,
        headers: {
          authorization: `Bearer ${request.key}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify(request.body),
      }),
    });
    status = answer.status;
    text = await answer.text();
  } catch (thrown) {
    const { cause, message } = thrown as Error;
    throw new CliError(`${address} was not reached: ${(cause as Error)?.message ?? message}.`);
  }
  if (text.length > answerBytesMax) throw new CliError(`${address} answers too much.`);
  if (status === 200) return text;
  const problem = problemSchema.safeParse(parsed(text)).data;
  const words = problem
    ? `${problem.detail} ${problem.suggestion ?? ''}`.trim()
    : text.slice(0, 200);
  throw new CliError(`${address} answered ${status}: ${words}`);
};

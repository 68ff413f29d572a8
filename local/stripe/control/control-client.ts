/**
 * Asks commands of a stand-in over HTTP, from this process or another: each is a POST to
 * `/_control/<command>` with its argument as JSON.
 */
import type { Commands } from './commands.ts';

/** Every command of the stand-in, answered in time. */
export type StripeControl = {
  readonly [Name in keyof Commands]: (
    ...given: Parameters<Commands[Name]>
  ) => Promise<Awaited<ReturnType<Commands[Name]>>>;
};

const ask = async (url: string, command: string, argument: unknown): Promise<unknown> => {
  const answer = await fetch(`${url}/_control/${command}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(argument ?? null),
  });
  const { result, error } = (await answer.json()) as { result?: unknown; error?: string };
  if (!answer.ok) throw new Error(`The Stripe stand-in refuses ${command}: ${error}`);
  return result;
};

/** The control of the stand-in at this address. */
export const stripeControl = (url: string): StripeControl =>
  new Proxy({} as StripeControl, {
    get: (_, command) =>
      // A promise that resolves to this object must not take it for a promise.
      command === 'then' || typeof command === 'symbol'
        ? undefined
        : (argument: unknown) => ask(url, command, argument),
  });

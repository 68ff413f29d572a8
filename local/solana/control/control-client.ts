/**
 * Asks commands of a local chain over HTTP, from this process or another: each is a POST to
 * `/_control/<command>` with its argument as JSON.
 */
import type { Commands } from './commands.ts';

/** Every command of the local chain, answered in time. */
export type SolanaControl = {
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
  if (!answer.ok) throw new Error(`The local Solana refuses ${command}: ${error}`);
  return result;
};

/** The control of the local chain at this address. */
export const solanaControl = (url: string): SolanaControl =>
  new Proxy({} as SolanaControl, {
    get: (_, command) =>
      // A promise that resolves to this object must not take it for a promise.
      command === 'then' || typeof command === 'symbol'
        ? undefined
        : (argument: unknown) => ask(url, command, argument),
  });

/**
 * Asks commands of a stand-in over HTTP, from this process or another: each is a POST to
 * `/_control/<command>` with its argument as JSON.
 */

/** Every command of a stand-in's contract, answered in time. */
export type Control<Commands> = {
  readonly [Name in keyof Commands]: Commands[Name] extends (...given: infer Given) => infer Answer
    ? (...given: Given) => Promise<Awaited<Answer>>
    : never;
};

interface StandIn {
  /** Who refuses, in the errors. */
  readonly name: string;
  readonly url: string;
}

const ask = async (
  { name, url }: StandIn,
  command: string,
  argument: unknown,
): Promise<unknown> => {
  const answer = await fetch(`${url}/_control/${command}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(argument ?? null),
  });
  const { result, error } = (await answer.json()) as { result?: unknown; error?: string };
  if (!answer.ok) throw new Error(`The ${name} refuses ${command}: ${error}`);
  return result;
};

/** The control of a stand-in. */
export const controlOf = <Commands>(standIn: StandIn): Control<Commands> =>
  new Proxy({} as Control<Commands>, {
    get: (_, command) =>
      // A promise that resolves to this object must not take it for a promise.
      command === 'then' || typeof command === 'symbol'
        ? undefined
        : (argument: unknown) => ask(standIn, command, argument),
  });

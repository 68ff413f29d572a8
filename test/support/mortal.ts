/** A process that dies once, before or after one of the acts that it is made of. */

export type When = 'before' | 'after';

/** Runs a piece of work as one act. */
export type Act = <Answer>(work: () => Promise<Answer>) => Promise<Answer>;

/** Counts what is done while it is told to, and dies once. */
export const mortal = (dyingAct: number, when: When) => {
  let acts = 0;
  let counts = false;
  const act: Act = async (work) => {
    if (!counts) return work();
    const dies = acts === dyingAct;
    acts += 1;
    if (dies && when === 'before') throw new Error('died');
    const answer = await work();
    if (dies) throw new Error('died');
    return answer;
  };
  const count = (on: boolean) => {
    counts = on;
  };
  return { act, acts: () => acts, count };
};

/** Every method of the port is an act. */
export const mortalPort = <Port extends object>(port: Port, act: Act): Port =>
  Object.fromEntries(
    Object.entries(port).map(([name, member]) => [
      name,
      typeof member === 'function'
        ? (...given: never[]) =>
            act(() => (member as (...given: never[]) => Promise<unknown>)(...given))
        : member,
    ]),
  ) as unknown as Port;

/** Progress lines: what is done, and how long it took. */

/** Runs a piece of work under a title. */
export type Step = <Result>(title: string, work: () => Promise<Result>) => Promise<Result>;

const seconds = (sinceMs: number): string => ((performance.now() - sinceMs) / 1000).toFixed(1);

/** Prints one line per step when it is over; a step that fails says so and passes its error on. */
export const printSteps: Step = async (title, work) => {
  const sinceMs = performance.now();
  try {
    const result = await work();
    console.log(`  ok     ${seconds(sinceMs).padStart(5)} s  ${title}`);
    return result;
  } catch (error) {
    console.log(`  FAILED ${seconds(sinceMs).padStart(5)} s  ${title}`);
    throw error;
  }
};

/** Says nothing. */
export const quiet: Step = (_title, work) => work();

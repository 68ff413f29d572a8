/**
 * The pipeline of scheduled functions: one function per noun, the task's name in the payload
 * `{ "task": "expire-clusters" }`. A task works off what is due and answers how much it did; what fails
 * for one item is logged and left for the next run, so one bad item never blocks its neighbours.
 */
import { assert } from '../../shared/core/assert.ts';
import type { Runtime } from './runtime.ts';

/** What a task did, for the log and for tests. */
export interface TaskOutcome {
  readonly done: number;
  /** Items that could not be processed; they stay due. */
  readonly failed: number;
}

export type Task<Needs> = (needs: Needs) => Promise<TaskOutcome>;

/** The Lambda handler of a noun's schedules. */
export const scheduleFunction =
  <Needs extends Runtime>(runtime: Needs, tasks: Readonly<Record<string, Task<Needs>>>) =>
  async (event: { readonly task: string }): Promise<TaskOutcome> => {
    await runtime.clock.refresh();
    const task = tasks[event.task];
    assert(task, `no task is named ${event.task}`);
    const outcome = await task(runtime);
    const log = outcome.failed > 0 ? runtime.log.error : runtime.log.info;
    log('task.finished', { task: event.task, ...outcome });
    return outcome;
  };

/**
 * Runs `work` for each item; a failure is logged and counted, never thrown. `nameOf` says what the log
 * tells of an item: where items are more than ids, an id.
 */
export const forEachDue = async <Item>(
  runtime: Pick<Runtime, 'log'>,
  items: readonly Item[],
  work: (item: Item) => Promise<unknown>,
  nameOf: (item: Item) => unknown = (item) => item,
): Promise<TaskOutcome> => {
  let failed = 0;
  for (const item of items) {
    try {
      await work(item);
    } catch (error) {
      failed += 1;
      runtime.log.error('task.item_failed', { item: nameOf(item), error });
    }
  }
  return { done: items.length - failed, failed };
};

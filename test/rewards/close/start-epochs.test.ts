/** Guarantees of `start-epochs`: an execution when an hour can be closed, another when it outlived its own. */
import { startEpochs } from '../../../functions/rewards/close/start-epochs.schedule.ts';
import { hourMs, minuteMs } from '../../../shared/core/time.ts';
import { withWorkflows } from '../../devices/builders.ts';
import { Closing, dueMs } from './closing.ts';

const setup = () => {
  const closing = new Closing();
  const needs = { ...withWorkflows(closing.runtime), closeStateMachineArn: 'arn:close-epoch' };
  const start = () => startEpochs({ ...needs, token: closing.runtime.token });
  const names = () => needs.started.map(({ name }) => name);
  return { closing, start, names };
};

describe('start-epochs', () => {
  it('starts one execution for an hour that is over and judged', async () => {
    const { closing, start, names } = setup();
    expect(await start()).toEqual({ done: 0, failed: 0 });
    await closing.judged();
    closing.runtime.clock.ms = dueMs - 1;
    expect(await start()).toEqual({ done: 0, failed: 0 });
    closing.runtime.clock.ms = dueMs;
    expect(await start()).toEqual({ done: 1, failed: 0 });
    await start();
    expect(names()).toEqual(['2026-11-22T12-0']);
  });

  it('starts another when the hour is not closed a quarter of an hour later, and none when it is', async () => {
    const { closing, start, names } = setup();
    await closing.judged();
    await start();
    await closing.step({ step: 'open-epoch' });
    closing.runtime.clock.ms += 14 * minuteMs;
    await start();
    expect(names()).toEqual(['2026-11-22T12-0']);
    closing.runtime.clock.ms += minuteMs;
    await start();
    expect(names()).toEqual(['2026-11-22T12-0', '2026-11-22T12-1']);
    await closing.execute();
    expect(await start()).toEqual({ done: 0, failed: 0 });
  });

  it('rings when the proofs of an hour stay unjudged for two hours', async () => {
    const { closing, start } = setup();
    closing.runtime.clock.ms = dueMs + 2 * hourMs - 5 * minuteMs - 1;
    expect(await start()).toEqual({ done: 0, failed: 0 });
    closing.runtime.clock.ms += 1;
    await expect(start()).rejects.toThrow('waits for its proofs');
  });

  it('does nothing where there is no token', async () => {
    const { closing, names } = setup();
    await closing.judged();
    const needs = { ...withWorkflows(closing.runtime), closeStateMachineArn: 'arn:close-epoch' };
    expect(await startEpochs({ ...needs, token: undefined })).toEqual({ done: 0, failed: 0 });
    expect(names()).toEqual([]);
  });
});

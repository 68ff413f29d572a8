/** Guarantees of `start-epochs`: an execution when an hour can be closed, another when it outlived its own. */
import { startEpochs } from '../../../functions/rewards/close/start-epochs.schedule.ts';
import { hourMs, minuteMs, secondMs } from '../../../shared/core/time.ts';
import { closedAfterMs } from '../../../shared/rewards/epoch.ts';
import { stakeKey } from '../../../shared/rewards/keys.ts';
import { getStakes } from '../../../shared/rewards/stake-store.ts';
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

  it('starts another for an hour whose first execution ended before it opened it', async () => {
    const { closing, start, names } = setup();
    await closing.judged();
    await start();
    // The step's clock was a second behind: there was nothing to close, and a name runs once.
    closing.runtime.clock.ms = dueMs - secondMs;
    expect((await closing.execute()).at(-1)).toBe('open-epoch not_due');
    closing.runtime.clock.ms = dueMs + 15 * minuteMs;
    await start();
    expect(names()).toEqual(['2026-11-22T12-0', '2026-11-22T12-1']);
    await closing.execute();
    expect((await closing.epoch()).status).toBe('completed');
  });

  it('rings when an hour is not closed two hours after it was due, and goes on starting', async () => {
    const { closing, start, names } = setup();
    await closing.judged();
    closing.runtime.clock.ms = dueMs + 2 * hourMs - 1;
    expect(await start()).toEqual({ done: 1, failed: 0 });
    closing.runtime.clock.ms += 1;
    await expect(start()).rejects.toThrow('is not closed');
    expect(names()).toEqual(['2026-11-22T12-7', '2026-11-22T12-8']);
    await closing.execute();
    expect(await start()).toEqual({ done: 0, failed: 0 });
  });

  it('rings for an hour that was closed without a device, until one is closed with all', async () => {
    const { closing, start } = setup();
    const { id } = await closing.add(1);
    const [stake] = await getStakes(closing.database, [id]);
    const key = stakeKey(id);
    const put = (active_units: bigint) =>
      closing.write({
        kind: 'update',
        table: 'rewards',
        key,
        set: { active_units },
        condition: {},
      });
    await put(-1n);
    await closing.judged();
    await closing.execute();
    await expect(start()).rejects.toThrow('1 devices were left out of 2026-11-22T12');
    await put(stake?.activeUnits ?? 0n);
    closing.runtime.clock.ms += hourMs;
    await closing.judged(1);
    await closing.execute();
    expect(await start()).toEqual({ done: 0, failed: 0 });
  });

  it('rings when the proofs of an hour stay unjudged for two hours', async () => {
    const { closing, start } = setup();
    closing.runtime.clock.ms = dueMs + 2 * hourMs - closedAfterMs - 1;
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

/** Guarantees of epochs as they are stored: opened once, committed once, completed in order. */
import { WriteRefused } from '../../shared/core/database.ts';
import { hourMs } from '../../shared/core/time.ts';
import { type EpochResult, isOver } from '../../shared/rewards/epoch.ts';
import {
  commitEpoch,
  completeEpoch,
  failEpoch,
  getClosedHour,
  getEpoch,
  listEpochs,
  openEpoch,
} from '../../shared/rewards/epoch-store.ts';
import { MemoryDatabase } from '../support/memory-database.ts';
import { aStatement, epochId, hourStartMs } from './builders.ts';

const opened = { id: epochId, hour: 0, startMs: hourStartMs, openedAtMs: hourStartMs + hourMs };
const result: EpochResult = {
  inputHash: 'a'.repeat(64),
  outputHash: 'b'.repeat(64),
  root: 'c'.repeat(64),
  head: aStatement([]).head,
  parts: 1,
  postings: 0,
  committedAtMs: hourStartMs + hourMs + 1,
};

const setup = () => {
  const database = new MemoryDatabase();
  const write = async (...writes: Parameters<MemoryDatabase['write']>[0][]) => {
    for (const one of writes) await database.write(one);
  };
  return { database, write };
};

describe('an epoch', () => {
  it('is opened once, and shows what it came to', async () => {
    const { database, write } = setup();
    await write(openEpoch(opened));
    await expect(write(openEpoch(opened))).rejects.toThrow(WriteRefused);
    const fresh = { ...opened, status: 'processing', result: null, failure: null };
    expect(await getEpoch(database, epochId)).toEqual({ ...fresh, completedAtMs: null });
    await write(failEpoch(epochId, 'the sums differ'));
    expect(await getEpoch(database, epochId)).toMatchObject({
      status: 'failed',
      failure: 'the sums differ',
    });
    await write(commitEpoch(epochId, result));
    expect(await getEpoch(database, epochId)).toEqual({
      ...fresh,
      ...{ status: 'processing', result, completedAtMs: null },
    });
  });

  it('is committed once, and fails no more after that', async () => {
    const { write } = setup();
    await expect(write(commitEpoch(epochId, result))).rejects.toThrow(WriteRefused);
    await write(openEpoch(opened), commitEpoch(epochId, result));
    const another = { ...result, root: 'd'.repeat(64) };
    await expect(write(commitEpoch(epochId, another))).rejects.toThrow(WriteRefused);
    await expect(write(failEpoch(epochId, 'late'))).rejects.toThrow(WriteRefused);
  });

  it('is completed once, behind the hour before it', async () => {
    const { database, write } = setup();
    expect(await getClosedHour(database)).toBeUndefined();
    await write(openEpoch(opened), commitEpoch(epochId, result));
    const done = completeEpoch(opened, hourStartMs + 2 * hourMs);
    await database.transact(done, 'one');
    expect(await getClosedHour(database)).toBe(hourStartMs);
    expect(await getEpoch(database, epochId)).toMatchObject({
      status: 'completed',
      completedAtMs: hourStartMs + 2 * hourMs,
    });
    await expect(database.transact(done, 'two')).rejects.toThrow(WriteRefused);
    const later = { id: '2026-11-22T20', hour: 2, startMs: hourStartMs + 2 * hourMs };
    await write(openEpoch({ ...opened, ...later }));
    const skipping = completeEpoch(later, 0);
    await expect(database.transact(skipping, 'three')).rejects.toThrow(WriteRefused);
    const next = { id: '2026-11-22T19', hour: 1, startMs: hourStartMs + hourMs };
    await write(openEpoch({ ...opened, ...next }));
    await database.transact(completeEpoch(next, 0), 'four');
    expect(await getClosedHour(database)).toBe(next.startMs);
  });

  it('is listed with its neighbours, newest first', async () => {
    const { database, write } = setup();
    await write(openEpoch(opened), openEpoch({ ...opened, id: '2026-11-22T19' }));
    const { epochs } = await listEpochs(database, { limit: 10 });
    expect(epochs.map(({ id }) => id)).toEqual(['2026-11-22T19', epochId]);
  });
});

it('may be closed eleven minutes after its end', () => {
  expect(isOver(hourStartMs, hourStartMs + hourMs + 659_999)).toBe(false);
  expect(isOver(hourStartMs, hourStartMs + hourMs + 660_000)).toBe(true);
});

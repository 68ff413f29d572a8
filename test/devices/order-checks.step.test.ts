/** What verify-device asks of a device is counted when it was asked, wherever the step dies. */
import type { MemoryDatabase } from '../support/memory-database.ts';
import { startMs } from '../support/runtime.ts';
import { twoGpus, verifyingSetup } from './verifying.ts';

describe('an order that dies half-way', () => {
  /** The call of the database with this number fails, before or after it writes. */
  const die = (database: MemoryDatabase, number: number, when: 'before' | 'after') => {
    const { write, transact } = database;
    let calls = 0;
    const dying = async (real: () => Promise<unknown>): Promise<never> => {
      Object.assign(database, { write, transact });
      if (when === 'after') await real();
      throw new Error('died');
    };
    const counted = <T>(real: () => Promise<T>): Promise<T> => {
      calls += 1;
      return calls === number ? dying(real) : real();
    };
    database.write = (one) => counted(() => write.call(database, one));
    database.transact = (...all) => counted(() => transact.apply(database, all));
    return () => Object.assign(database, { write, transact });
  };

  // The first write keeps the token.
  const deaths: [number, 'before' | 'after'][] = [2, 3].flatMap((number) => [
    [number, 'before'],
    [number, 'after'],
  ]);

  it.each(deaths)('costs the device no speed test (write %s, %s)', async (number, when) => {
    const { runtime, start, round, kinds, verification } = await verifyingSetup();
    await start();
    const revive = die(runtime.database, number, when);
    await round().catch(() => undefined);
    revive();
    const counted = (await verification()).speedTests;
    expect(await kinds()).toHaveLength(counted);
    await round();
    expect(await verification()).toMatchObject({ speedTests: 1 });
    expect(await kinds()).toEqual(['test_speed']);
  });

  it.each(deaths)('costs the device no test of Ray (write %s, %s)', async (number, when) => {
    const shown = {
      connectivityTier: 2,
      speedTestedAtMs: startMs,
      downKbps: 1,
      upKbps: 1,
    } as const;
    const { runtime, start, round, answerProofs, kinds, verification } = await verifyingSetup({
      ...shown,
      ...twoGpus,
    });
    await start();
    await round(answerProofs);
    const revive = die(runtime.database, number, when);
    await round().catch(() => undefined);
    revive();
    // One that is counted was written.
    expect((await kinds()).length).toBeGreaterThanOrEqual((await verification()).rayTests);
    await round();
    expect(await verification()).toMatchObject({ rayTests: 1 });
    expect(await kinds()).toEqual(['test_ray']);
  });
});

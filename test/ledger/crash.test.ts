/**
 * A process that dies before or after any write of a rental, and is run again from its beginning, leaves
 * the same ledger as one that never died (L13); and the transfers alone rebuild every balance (L10).
 */

import { matureEarnings } from '../../functions/ledger/mature-earnings.schedule.ts';
import { hourMs } from '../../shared/core/time.ts';
import { replay } from '../../shared/ledger/invariants.ts';
import { scanLedger } from '../../shared/ledger/ledger-store.ts';
import { clusterId, Fixture, million } from '../simulation/ledger/fixture.ts';
import { dispute } from '../simulation/ledger/outside.ts';
import { startMs } from '../support/runtime.ts';

/** A whole rental as a list of steps; each may be repeated, as workflows and queues repeat them. */
const steps: readonly ((fixture: Fixture) => Promise<unknown>)[] = [
  (fixture) => fixture.grant('grt_1', 10n * million),
  async (fixture) => {
    // The creation of a cluster is one transaction, guarded by the hold's own absence.
    const taken = await fixture.holdItem().catch(() => undefined);
    if (!taken) await fixture.hold();
  },
  async (fixture) => {
    fixture.nowMs = startMs + hourMs;
    fixture.worked(hourMs);
    await fixture.settle(false);
  },
  (fixture) =>
    dispute(fixture.runtime, { id: 'dp_1', organisation: 'org_payer', units: 9n * million }),
  async (fixture) => {
    fixture.worked(1.5 * hourMs);
    fixture.stop(startMs + 2 * hourMs);
    await fixture.settle(true);
  },
  (fixture) => fixture.grant('grt_2', 3n * million),
  async (fixture) => {
    fixture.nowMs = startMs + 40 * 24 * hourMs;
    await matureEarnings(fixture.runtime);
  },
];

/** Plays all steps; the write with this number dies before or after it happened. */
const play = async (dyingWrite: number, when: 'before' | 'after') => {
  const fixture = new Fixture();
  let write = 0;
  const { database } = fixture.runtime;
  const transact = database.transact.bind(database);
  database.transact = async (writes, token) => {
    const dies = write === dyingWrite;
    write += 1;
    if (dies && when === 'before') throw new Error('died');
    await transact(writes, token);
    if (dies) throw new Error('died');
  };
  for (const step of steps) {
    await step(fixture).catch(() => step(fixture));
    if (step === steps.at(-1)) await step(fixture);
  }
  return { fixture, writes: write };
};

const posted = async (fixture: Fixture): Promise<readonly string[]> => {
  const { balances } = await scanLedger(fixture.runtime.database);
  return balances.map(({ account, shard, posted: units }) => `${account}#${shard} ${units}`).sort();
};

it('every crash point of a rental leads to the same balances', async () => {
  const { fixture: calm, writes } = await play(-1, 'before');
  const expected = await posted(calm);
  expect(writes).toBeGreaterThanOrEqual(steps.length);
  for (let dyingWrite = 0; dyingWrite < writes; dyingWrite += 1) {
    for (const when of ['before', 'after'] as const) {
      const { fixture } = await play(dyingWrite, when);
      expect([dyingWrite, when, await posted(fixture)]).toEqual([dyingWrite, when, expected]);
      expect(await fixture.broken()).toEqual([]);
      expect((await fixture.holdItem(clusterId)).state).toBe('closed');
    }
  }
});

it('the transfers alone rebuild what is posted on every balance', async () => {
  const { fixture } = await play(-1, 'before');
  const { transfers, balances } = await scanLedger(fixture.runtime.database);
  const rebuilt = replay(transfers);
  for (const { account, shard, posted: units } of balances) {
    expect([account, rebuilt.get(`${account}#${shard}`) ?? 0n]).toEqual([account, units]);
  }
});

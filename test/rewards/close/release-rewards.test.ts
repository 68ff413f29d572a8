/** Guarantees of `release-rewards`: what is held comes free in time, and not to whom suspicion has reached. */
import { mergeCohorts } from '../../../functions/proofs/merge-cohorts.ts';
import { releaseRewards } from '../../../functions/rewards/close/release-rewards.schedule.ts';
import { dayMs, hourMs } from '../../../shared/core/time.ts';
import { getRewardBalance } from '../../../shared/ledger/rewards/io-balance-store.ts';
import { testId } from '../../devices/builders.ts';
import { Closing, hourStartMs } from './closing.ts';

const releaseAtMs = hourStartMs + hourMs + 3 * dayMs;

/** Two organisations with a new device each, and a third with an old one; the hour is closed. */
const closed = async () => {
  const closing = new Closing();
  const devices = [
    await closing.add(1, { firstRewardedMs: null }),
    await closing.add(2, { organisation: 2, firstRewardedMs: null }),
    await closing.add(3, { organisation: 3 }),
  ];
  await closing.judged();
  await closing.execute();
  const held = async () => {
    const balances = [1, 2, 3].map((number) =>
      getRewardBalance(closing.database, testId('org', number)),
    );
    return (await Promise.all(balances)).map((balance) => balance.held > 0n);
  };
  const release = (atMs: number) => {
    closing.runtime.clock.ms = atMs;
    return releaseRewards(closing.runtime);
  };
  return { closing, devices, held, release };
};

describe('release-rewards', () => {
  it('gives free what was held, three days after the hour and once', async () => {
    const { closing, held, release } = await closed();
    expect(await held()).toEqual([true, true, false]);
    expect(await release(releaseAtMs - 1)).toEqual({ done: 0, failed: 0 });
    expect(await release(releaseAtMs)).toEqual({ done: 2, failed: 0 });
    expect(await held()).toEqual([false, false, false]);
    expect(await release(releaseAtMs)).toEqual({ done: 0, failed: 0 });
    expect(await closing.broken()).toEqual([]);
  });

  it('keeps what organisations earned with new devices that suspicion has merged, and says so', async () => {
    const { closing, devices, held, release } = await closed();
    const [one, , three] = devices.map(({ id }) => id);
    await mergeCohorts(closing.runtime, [one ?? '', three ?? '']);
    expect(await release(releaseAtMs)).toEqual({ done: 1, failed: 0 });
    expect(await held()).toEqual([true, false, false]);
    expect(closing.runtime.lines.map(({ event }) => event)).toContain('rewards.kept_for_suspicion');
    expect(await closing.broken()).toEqual([]);
  });

  it('keeps it also where the suspected devices are one supplier’s', async () => {
    const { closing, devices, held, release } = await closed();
    const second = await closing.add(4);
    await mergeCohorts(closing.runtime, [devices[0]?.id ?? '', second.id]);
    await release(releaseAtMs);
    expect(await held()).toEqual([true, false, false]);
  });
});

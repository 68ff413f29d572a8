/** What happens at once, and what dies in between: nothing is staked twice, lost, or taken from a hire. */
import { postStakeDeposit } from '../../../functions/rewards/stakes/post-stake-deposit.ts';
import { WriteRefused } from '../../../shared/core/database.ts';
import { dayMs } from '../../../shared/core/time.ts';
import { getDevice, reserveDevice } from '../../../shared/devices/device-store.ts';
import type { Arrival } from '../../../shared/ledger/chain/deposit.ts';
import { testId } from '../../devices/builders.ts';
import type { MemoryDatabase } from '../../support/memory-database.ts';
import { io, needed, type StakeService, stakeService } from './stake-service.ts';

const hire = {
  clusterId: testId('clu', 1),
  nodeId: testId('nod', 1),
  sinceMs: 0,
  proofConsent: true,
};

/** Hires the device as a cluster does. */
const reserve = async ({ runtime, deviceId }: StakeService) => {
  const device = await getDevice(runtime.database, deviceId);
  if (!device) throw new Error('no device');
  await runtime.database.transact([reserveDevice(device, hire)], 'hire');
};

/** Runs `race` before the next transaction commits, once. */
const beforeCommit = (database: MemoryDatabase, race: () => Promise<unknown>) => {
  const { transact } = database;
  database.transact = async (...all) => {
    database.transact = transact;
    await race();
    return transact.apply(database, all);
  };
};

describe('at once', () => {
  it('two stakes of the whole room: one of them', async () => {
    const service = await stakeService();
    const answers = await Promise.all([service.stake(needed), service.stake(needed)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 422]);
    expect(await service.balances()).toMatchObject({ rewards: 750n * io, active: needed });
    await service.check();
  });

  it('twenty stakes of 20 IO: as many as fit, and not a unit more', async () => {
    const service = await stakeService();
    const answers = await Promise.all(Array.from({ length: 20 }, () => service.stake(20n * io)));
    const made = answers.filter(({ status }) => status === 201).length;
    expect(made).toBe(12);
    expect(await service.balances()).toMatchObject({ active: 240n * io });
    await service.check();
  });

  it('a stake that another one overtakes is decided again', async () => {
    const service = await stakeService();
    beforeCommit(service.runtime.database, () => service.handlers.stake(200n * io, 2));
    await expect(service.handlers.stake(100n * io)).rejects.toMatchObject({
      code: 'stake.above_maximum',
    });
    beforeCommit(service.runtime.database, () => service.handlers.stake(20n * io, 3));
    await service.handlers.stake(30n * io, 4);
    expect(await service.balances()).toMatchObject({ active: needed });
    await service.check();
  });

  it('asking all back twice: once', async () => {
    const service = await stakeService();
    await service.stake(needed);
    const answers = await Promise.all([service.takeBack(), service.takeBack()]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 422]);
    expect(await service.balances()).toMatchObject({ active: 0n, cooling: needed });
    await service.check();
  });

  it('a hire that comes first keeps the stake where it is', async () => {
    const service = await stakeService();
    await service.stake(needed);
    beforeCommit(service.runtime.database, () => reserve(service));
    await expect(service.handlers.unstake()).rejects.toMatchObject({ code: 'stake.device_hired' });
    expect(await service.balances()).toMatchObject({ active: needed, cooling: 0n });
    await service.check();
  });

  it('a hire that comes second finds the device as it was: what was asked back stays so', async () => {
    const service = await stakeService();
    await service.stake(needed);
    const device = await getDevice(service.runtime.database, service.deviceId);
    await service.takeBack();
    await reserve(service);
    expect(device?.version).toBe(1);
    expect(await service.takeBack()).toMatchObject({ body: { code: 'stake.device_hired' } });
    expect(await service.balances()).toMatchObject({ active: 0n, cooling: needed });
    await service.check();
  });

  it('two runs of the schedule: what cooled down comes back once', async () => {
    const service = await stakeService();
    await service.stake(needed);
    for (const units of [1n, 2n, 3n]) await service.takeBack(units * io);
    service.runtime.clock.ms += 14 * dayMs;
    const outcomes = await Promise.all([service.endCooldowns(), service.endCooldowns()]);
    expect(outcomes.map(({ failed }) => failed)).toEqual([0, 0]);
    expect(await service.balances()).toEqual({
      ...{ rewards: 756n * io, active: 244n * io, cooling: 0n },
    });
    expect((await service.item())?.cooldowns).toEqual([]);
    await service.check();
  });

  it('an end and another unstaking of the same device: both', async () => {
    const service = await stakeService();
    await service.stake(needed);
    await service.takeBack(100n * io);
    service.runtime.clock.ms += 14 * dayMs;
    beforeCommit(service.runtime.database, () => service.handlers.unstake(50n * io, 2));
    expect(await service.endCooldowns()).toEqual({ done: 1, failed: 0 });
    expect(await service.balances()).toEqual({
      ...{ rewards: 850n * io, active: 100n * io, cooling: 50n * io },
    });
    await service.check();
  });
});

describe('a deposit to be staked', () => {
  const arrival: Arrival = {
    ...{ signature: 'sig', tokenAccount: 'ours', units: needed },
    token: 'io',
  };
  const post = ({ runtime, organisationId, deviceId }: StakeService) =>
    postStakeDeposit(runtime, arrival, { organisation: organisationId, deviceId });

  it('that a stake from rewards overtakes takes the room that is left', async () => {
    const service = await stakeService();
    beforeCommit(service.runtime.database, () => service.handlers.stake(100n * io));
    expect(await post(service)).toMatchObject({
      outcome: 'committed',
      stakeUnits: 150n * io,
    });
    expect(await service.balances()).toMatchObject({ rewards: 1_000n * io, active: needed });
    await service.check();
  });

  it('told twenty times at once is one, and each is told what became of it', async () => {
    const service = await stakeService();
    const told = await Promise.all(Array.from({ length: 20 }, () => post(service)));
    expect(told.filter(({ outcome }) => outcome === 'committed')).toHaveLength(1);
    expect(told.every(({ stakeUnits }) => stakeUnits === needed)).toBe(true);
    // Also when there is room again.
    await service.takeBack();
    expect(await post(service)).toMatchObject({ outcome: 'already_done', stakeUnits: needed });
    expect(await service.balances()).toEqual({
      ...{ rewards: 1_000n * io, active: 0n, cooling: needed },
    });
    await service.check();
  });
});

describe('whoever dies', () => {
  /** The write of this number ends the process, before or after it is made. */
  const die = (database: MemoryDatabase, number: number, when: 'before' | 'after') => {
    const { transact } = database;
    let calls = 0;
    database.transact = async (...all) => {
      calls += 1;
      if (calls !== number) return transact.apply(database, all);
      database.transact = transact;
      if (when === 'after') await transact.apply(database, all);
      throw new Error('died');
    };
    return () => {
      database.transact = transact;
      return calls;
    };
  };

  it.each(['before', 'after'] as const)(
    '%s staking: the retry makes it one stake',
    async (when) => {
      const service = await stakeService();
      const revive = die(service.runtime.database, 1, when);
      await expect(service.handlers.stake(needed)).rejects.toThrow('died');
      revive();
      expect(await service.handlers.stake(needed)).toMatchObject({
        active: { amount: String(needed) },
        room: { amount: '0' },
      });
      expect(await service.balances()).toMatchObject({ rewards: 750n * io, active: needed });
      await service.check();
    },
  );

  it.each(['before', 'after'] as const)('%s unstaking: the retry makes it one', async (when) => {
    const service = await stakeService();
    await service.stake(needed);
    const revive = die(service.runtime.database, 1, when);
    await expect(service.handlers.unstake()).rejects.toThrow('died');
    revive();
    expect(await service.handlers.unstake()).toMatchObject({
      active: { amount: '0' },
      cooling_down: [{ amount: { amount: String(needed) } }],
    });
    expect(await service.balances()).toMatchObject({ active: 0n, cooling: needed });
    await service.check();
  });

  it.each(['before', 'after'] as const)('%s an end: the next run makes it one', async (when) => {
    const service = await stakeService();
    await service.stake(needed);
    await service.takeBack(io);
    await service.takeBack(2n * io);
    service.runtime.clock.ms += 14 * dayMs;
    const revive = die(service.runtime.database, 1, when);
    // What fails for one is left for the next run, and its neighbour goes on.
    expect(await service.endCooldowns()).toEqual({ done: 1, failed: 1 });
    expect(revive()).toBeGreaterThanOrEqual(1);
    expect(await service.endCooldowns()).toEqual({ done: when === 'after' ? 0 : 1, failed: 0 });
    expect(await service.balances()).toEqual({
      ...{ rewards: 753n * io, active: 247n * io, cooling: 0n },
    });
    await service.check();
  });
});

it('a hire that was planned before is refused at another version alone', async () => {
  const service = await stakeService();
  await service.stake(needed);
  const device = await getDevice(service.runtime.database, service.deviceId);
  await service.takeBack();
  if (!device) throw new Error('no device');
  const { database } = service.runtime;
  await expect(database.transact([reserveDevice(device, hire)], 'one')).resolves.toBeUndefined();
  await expect(database.transact([reserveDevice(device, hire)], 'two')).rejects.toBeInstanceOf(
    WriteRefused,
  );
});

/** Who had a device at an instant, by the rule and by what the store remembers of ended hires. */
import { commit } from '../../functions/kit/transaction.ts';
import { present } from '../../shared/core/assert.ts';
import { getDevice, releaseDevice, reserveDevice } from '../../shared/devices/device-store.ts';
import { hireAt } from '../../shared/devices/hire.ts';
import { listPastHires } from '../../shared/devices/hire-store.ts';
import { startMs, testRuntime } from '../support/runtime.ts';
import { aDevice, addDevice, hired, testId } from './builders.ts';

const past = (number: number, fromMs: number, untilMs: number, proofConsent = true) => ({
  clusterId: testId('clu', number),
  nodeId: testId('nod', number),
  fromMs,
  untilMs,
  proofConsent,
});

describe('the hire at an instant', () => {
  it('is the one that goes on, from its first millisecond', () => {
    const device = aDevice(1, { ...hired, hiredConsent: false });
    expect(hireAt(device, [], startMs - 1)).toBeUndefined();
    const now = { clusterId: testId('clu', 1), proofConsent: false };
    expect(hireAt(device, [], startMs)).toEqual(now);
    expect(hireAt(device, [], startMs + 1)).toEqual(now);
  });

  it('is one that is over, up to before its last millisecond', () => {
    const free = aDevice(1);
    const hires = [past(1, 10, 20), past(2, 25, 30, false)];
    const consentAt = (atMs: number) => hireAt(free, hires, atMs)?.proofConsent;
    expect([9, 10, 19, 20, 24, 25, 29, 30].map(consentAt)).toEqual([
      undefined,
      true,
      true,
      undefined,
      undefined,
      false,
      false,
      undefined,
    ]);
  });
});

/** A device that cluster 1 had for ten seconds and cluster 2, which refused proofs, from the twentieth on. */
const setup = async () => {
  const runtime = testRuntime();
  const { database } = runtime;
  await addDevice(runtime, aDevice(1));
  const device = async () => present(await getDevice(database, testId('dev', 1)), 'no device');
  const hire = (number: number, sinceMs: number, proofConsent: boolean) => ({
    clusterId: testId('clu', number),
    nodeId: testId('nod', number),
    sinceMs,
    proofConsent,
  });
  const release = (number: number, nowMs: number) => ({
    clusterId: testId('clu', number),
    verified: true,
    reason: 'ended',
    nowMs,
  });
  await database.write(reserveDevice(await device(), hire(1, startMs, true)));
  await commit(runtime, releaseDevice(await device(), release(1, startMs + 10_000)));
  await database.write(reserveDevice(await device(), hire(2, startMs + 20_000, false)));
  return { runtime, database, device, release };
};

describe('what is remembered of hires', () => {
  it('tells who had the device at an instant, now and before', async () => {
    const { database, device } = await setup();
    const at = async (afterMs: number) =>
      hireAt(
        await device(),
        await listPastHires(database, testId('dev', 1), startMs + afterMs),
        startMs + afterMs,
      )?.clusterId;
    expect(await at(-1)).toBeUndefined();
    expect(await at(0)).toBe(testId('clu', 1));
    expect(await at(9_999)).toBe(testId('clu', 1));
    expect(await at(10_000)).toBeUndefined();
    expect(await at(20_000)).toBe(testId('clu', 2));
  });

  it('keeps a hire whose end was not certain, and one that ended in its first millisecond', async () => {
    const { runtime, database, device, release } = await setup();
    const uncertain = { ...release(2, startMs + 20_000), verified: false };
    await commit(runtime, releaseDevice(await device(), uncertain));
    expect(await listPastHires(database, testId('dev', 1), 0)).toEqual([
      past(1, startMs, startMs + 10_000),
      past(2, startMs + 20_000, startMs + 20_000, false),
    ]);
    const remembered = await listPastHires(database, testId('dev', 1), 0);
    expect(hireAt(await device(), remembered, startMs + 20_000)).toBeUndefined();
  });

  it("lists the hires that reach into a time, and no other device's", async () => {
    const { runtime, database } = await setup();
    await addDevice(runtime, aDevice(2));
    const of = async (number: number, sinceMs: number) =>
      (await listPastHires(database, testId('dev', number), sinceMs)).length;
    expect(await of(1, startMs + 9_999)).toBe(1);
    expect(await of(1, startMs + 10_000)).toBe(0);
    expect(await of(2, 0)).toBe(0);
  });
});

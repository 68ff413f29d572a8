/** The search for suspects: from stored gates to one cohort and group, once, and never a strike. */
import { mergeSuspects } from '../../functions/proofs/merge-suspects.schedule.ts';
import { dayMs, hourMs, minuteMs } from '../../shared/core/time.ts';
import type { Device } from '../../shared/devices/device.ts';
import { getCohortOf } from '../../shared/proofs/cohort-store.ts';
import type { CallOutcome } from '../../shared/proofs/gate.ts';
import { putGate } from '../../shared/proofs/gate-store.ts';
import { putJudgedHour } from '../../shared/proofs/judging-store.ts';
import { latestValue, valueAt } from '../../shared/proofs/place.ts';
import { getPlace } from '../../shared/proofs/place-store.ts';
import { processorsOf } from '../../shared/proofs/processor.ts';
import { testId } from '../devices/builders.ts';
import { startMs } from '../support/runtime.ts';
import { judgingSetup } from './judging.ts';

const setup = async () => {
  const fixture = await judgingSetup();
  const { runtime } = fixture;
  const owned = (number: number, owner: number) =>
    fixture.addGpu(number, { device: { organisationId: testId('org', owner) } });
  /** Gates of one call an hour, from that hour on. */
  const judged = async (
    device: Device,
    outcomes: readonly (CallOutcome | null)[],
    fromHour = 0,
  ) => {
    const { id: processorId } = processorsOf(device)[0] ?? { id: 'prc_none' as const };
    for (const [hour, outcome] of outcomes.entries()) {
      const hourStartMs = startMs + (fromHour + hour) * hourMs;
      const call = { source: 'slot', profile: 1, rollCall: false, atMs: hourStartMs } as const;
      await runtime.database.write(
        putGate({
          hourMs: hourStartMs,
          processorId,
          deviceId: device.id,
          organisationId: device.organisationId,
          reason: null,
          hired: false,
          calls: outcome === null ? [] : [{ ...call, outcome }],
        }),
      );
    }
  };
  /** Searches at that time; all hours were judged until then, unless `judgedHourMs` says otherwise. */
  const searchAt = async (ms: number, judgedHourMs = Math.floor(ms / hourMs) * hourMs - hourMs) => {
    runtime.clock.ms = ms;
    await runtime.database.write(putJudgedHour(judgedHourMs));
    return mergeSuspects(runtime);
  };
  const placeOf = async (device: Device) => {
    const place = await getPlace(runtime.database, device.id);
    if (!place) throw new Error('no place');
    return place;
  };
  return { ...fixture, owned, judged, searchAt, placeOf };
};

/** Eight common calls of which the one passes what the other loses, and twenty calls of one's own. */
const taking = (turn: 0 | 1): readonly (CallOutcome | null)[] => [
  ...Array.from({ length: 8 }, (_, index) => (index % 2 === turn ? 'passed' : 'failed')),
  ...Array.from({ length: 40 }, (_, index) => (index % 2 === turn ? 'passed' : null)),
];

describe('merge-suspects', () => {
  it('merges the owners of a pair, and calls the pair together, from the next full hour on', async () => {
    const { owned, judged, searchAt, placeOf, runtime } = await setup();
    const [a, b, other, stranger] = [
      await owned(1, 2),
      await owned(2, 1),
      await owned(3, 2),
      await owned(4, 3),
    ];
    await judged(a, taking(0));
    await judged(b, taking(1));
    await judged(stranger, Array<CallOutcome>(48).fill('passed'));
    const nowMs = startMs + 50 * hourMs + minuteMs;
    const before = JSON.stringify(runtime.database.all('devices').length);
    expect(await searchAt(nowMs)).toEqual({ done: 1, failed: 0 });
    const root = testId('org', 1);
    for (const device of [a, b, other]) {
      const { value } = await placeOf(device);
      expect(valueAt(value, nowMs).cohort).toBe(device.organisationId);
      expect(latestValue(value).cohort).toBe(root);
      expect(value.steps.at(-1)?.fromMs).toBe(startMs + 51 * hourMs);
    }
    expect(latestValue((await placeOf(a)).value).group).toBe(`sus:${root}`);
    expect(latestValue((await placeOf(b)).value).group).toBe(`sus:${root}`);
    expect(latestValue((await placeOf(other)).value).group).toBe('net:10.0.3.0/24');
    expect(latestValue((await placeOf(stranger)).value).cohort).toBe(testId('org', 3));
    expect(await getCohortOf(runtime.database, testId('org', 2))).toMatchObject({
      id: root,
      organisationIds: [root, testId('org', 2)],
    });
    // No strike, no event, nothing at the devices.
    expect(JSON.stringify(runtime.database.all('devices').length)).toBe(before);
  });

  it('does nothing the second time', async () => {
    const { owned, judged, searchAt, runtime } = await setup();
    await judged(await owned(1, 1), taking(0));
    await judged(await owned(2, 2), taking(1));
    await searchAt(startMs + 50 * hourMs);
    const committed = runtime.database.committed;
    await mergeSuspects(runtime);
    expect(runtime.database.committed).toBe(committed);
  });

  it('goes on where a merger stopped half-way', async () => {
    const { owned, judged, searchAt, placeOf, runtime } = await setup();
    const [a, b, other] = [await owned(1, 1), await owned(2, 2), await owned(3, 2)];
    await judged(a, taking(0));
    await judged(b, taking(1));
    runtime.database.faultOf = (writes) =>
      writes.some(({ key }) => key.sk === other.id) ? 'conflict' : 'none';
    expect(await searchAt(startMs + 50 * hourMs)).toEqual({ done: 0, failed: 1 });
    expect((await placeOf(b)).groupPinned).toBe(false);
    runtime.database.faultOf = () => 'none';
    expect(await searchAt(startMs + 51 * hourMs)).toEqual({ done: 1, failed: 0 });
    for (const device of [a, b, other]) {
      expect(latestValue((await placeOf(device)).value).cohort).toBe(testId('org', 1));
    }
  });

  it('joins a merged cohort to a third owner without taking it apart', async () => {
    const { owned, judged, searchAt, placeOf } = await setup();
    const [a, b, c] = [await owned(1, 2), await owned(2, 3), await owned(3, 1)];
    await judged(a, taking(0));
    await judged(b, taking(1));
    await searchAt(startMs + 50 * hourMs);
    await judged(b, taking(1), 72);
    await judged(c, taking(0), 72);
    await searchAt(startMs + 125 * hourMs);
    for (const device of [a, b, c]) {
      const { value } = await placeOf(device);
      expect(latestValue(value)).toMatchObject({
        cohort: testId('org', 1),
        group: `sus:${testId('org', 1)}`,
      });
    }
  });

  it('finds a pair from days in short, long after their gates', async () => {
    const { owned, judged, searchAt, placeOf, runtime } = await setup();
    const [a, b] = [await owned(1, 1), await owned(2, 2)];
    // The common calls first, those of their own days later.
    await judged(a, taking(0).slice(0, 8));
    await judged(b, taking(1).slice(0, 8));
    for (let day = 1; day <= 3; day += 1) {
      expect(await searchAt(startMs + day * dayMs)).toEqual({ done: 0, failed: 0 });
    }
    for (const item of runtime.database.all('proofs')) {
      const { pk, sk } = item;
      if (!pk.startsWith('HOUR#')) continue;
      await runtime.database.write({
        kind: 'delete',
        table: 'proofs',
        key: { pk, sk },
        condition: {},
      });
    }
    await judged(a, taking(0).slice(8), 80);
    await judged(b, taking(1).slice(8), 80);
    expect(latestValue((await placeOf(a)).value).cohort).not.toBe(
      latestValue((await placeOf(b)).value).cohort,
    );
    expect(await searchAt(startMs + 6 * dayMs)).toEqual({ done: 1, failed: 0 });
  });

  it('finds a pair whose hours were judged late, after the end of their days', async () => {
    const { owned, judged, searchAt, placeOf } = await setup();
    const [a, b] = [await owned(1, 1), await owned(2, 2)];
    // Searched while the judging lagged: what comes later must not be missed.
    expect(await searchAt(startMs + 2 * dayMs, startMs - hourMs)).toEqual({ done: 0, failed: 0 });
    await judged(a, taking(0));
    await judged(b, taking(1));
    expect(await searchAt(startMs + 3 * dayMs)).toEqual({ done: 1, failed: 0 });
    expect(latestValue((await placeOf(a)).value).group).toBe(
      latestValue((await placeOf(b)).value).group,
    );
  });

  it('keeps days in short for as long as they are compared', async () => {
    const { owned, judged, searchAt, runtime } = await setup();
    await judged(await owned(1, 1), taking(0));
    const kept = () => runtime.database.all('proofs').filter(({ pk }) => pk.startsWith('CALLS#'));
    await searchAt(startMs + 4 * dayMs);
    expect(kept().length).toBeGreaterThan(0);
    for (let day = 5; day <= 36; day += 1) await searchAt(startMs + day * dayMs);
    const dates = new Set(kept().map(({ pk }) => pk.split('#')[1]));
    expect(dates.size).toBeLessThanOrEqual(31);
  });
});

/** Rechecks: all idle processors of a network at once, seldom, and never beside a slot's proof. */
import { issueChallenges } from '../../functions/proofs/issue-challenges.ts';
import { recheckProcessors } from '../../functions/proofs/recheck-processors.schedule.ts';
import { deleteCommand, listCommands } from '../../shared/clusters/command-store.ts';
import { hourMs, minuteMs, secondMs } from '../../shared/core/time.ts';
import { changed, type Device } from '../../shared/devices/device.ts';
import { putDevice } from '../../shared/devices/device-store.ts';
import { processorsOf } from '../../shared/proofs/processor.ts';
import { hired } from '../devices/builders.ts';
import { startMs } from '../support/runtime.ts';
import { aLoad } from './builders.ts';
import { judgingSetup } from './judging.ts';

/** A full pass so long ago that the processor is rechecked, counted at five past. */
const old = { record: { lastFullPassAtMs: startMs - 37 * hourMs } };
const group = { place: { group: 'net:10.9.9.0/24' } };

const setup = async () => {
  const fixture = await judgingSetup();
  const { runtime } = fixture;
  const recheckAt = async (ms: number, meanwhile: () => Promise<unknown> = async () => {}) => {
    runtime.clock.ms = ms;
    const outcome = await recheckProcessors({
      ...runtime,
      pause: async (waitMs) => {
        runtime.clock.ms += waitMs;
        await meanwhile();
      },
    });
    return { outcome, challenged: challenges() };
  };
  const challenges = () =>
    runtime.database
      .all('proofs')
      .filter(({ sk }) => sk === 'CHALLENGE')
      .map((item) => ({
        processorId: String(item['processor_id']),
        t0Ms: Number(item['t0_ms']),
        wholeGroup: item['whole_group'],
        purpose: item['purpose'],
      }));
  return { ...fixture, recheckAt };
};

const idsOf = (...devices: readonly Device[]): readonly string[] =>
  devices.flatMap((device) => processorsOf(device).map(({ id }) => id)).sort();

describe('recheck-processors', () => {
  it('challenges all idle processors of a network at once when one of them needs it', async () => {
    const { addGpu, recheckAt } = await setup();
    const one = await addGpu(1, { ...old, ...group, count: 2 });
    const two = await addGpu(2, group);
    await addGpu(3);
    const { challenged } = await recheckAt(startMs + 5 * minuteMs);
    expect(challenged.map(({ processorId }) => processorId).sort()).toEqual(idsOf(one, two));
    expect(new Set(challenged.map(({ t0Ms }) => t0Ms)).size).toBe(1);
    for (const challenge of challenged) {
      expect(challenge).toMatchObject({ purpose: 'recheck', wholeGroup: true });
    }
  });

  it('waits until a full pass is older than 36 hours, hours of a hire not counted', async () => {
    const { addGpu, recheckAt } = await setup();
    const atMs = startMs + 5 * minuteMs;
    await addGpu(1, { record: { lastFullPassAtMs: atMs - 36 * hourMs } });
    const since = { lastFullPassAtMs: atMs - 40 * hourMs, hiredSinceFullPassMs: 4 * hourMs };
    await addGpu(2, { record: since });
    expect((await recheckAt(atMs)).challenged).toEqual([]);
    expect((await recheckAt(atMs + 1)).challenged).toHaveLength(2);
  });

  it('sends one to a processor that counts and has no full pass yet, and to none before', async () => {
    const { addGpu, recheckAt } = await setup();
    const fresh = await addGpu(1, { record: { lastFullPassAtMs: null } });
    await addGpu(2, { record: { lastFullPassAtMs: null, countsFromMs: startMs + hourMs } });
    const { challenged } = await recheckAt(startMs + 5 * minuteMs);
    expect(challenged.map(({ processorId }) => processorId)).toEqual(idsOf(fresh));
  });

  it('asks a network once in six hours, whether it answers or not', async () => {
    const { addGpu, recheckAt, runtime } = await setup();
    const { id } = await addGpu(1, old);
    expect((await recheckAt(startMs + 5 * minuteMs)).challenged).toHaveLength(1);
    for (const { command_id } of await listCommands(runtime.database, id)) {
      await runtime.database.write(deleteCommand(id, command_id));
    }
    expect((await recheckAt(startMs + hourMs)).challenged).toHaveLength(1);
    expect((await recheckAt(startMs + 6 * hourMs + 5 * minuteMs)).challenged).toHaveLength(2);
  });

  it('leaves devices out that are hired or not up', async () => {
    const { addGpu, recheckAt } = await setup();
    const up = await addGpu(1, { ...old, ...group });
    const refused = { ...hired, hiredConsent: false };
    await addGpu(2, { ...old, ...group, device: refused });
    await addGpu(3, { ...old, ...group, device: { status: 'down' } });
    const { challenged } = await recheckAt(startMs + 5 * minuteMs);
    expect(challenged.map(({ processorId }) => processorId)).toEqual(idsOf(up));
  });

  it('waits for a slot to be over', async () => {
    const { addGpu, recheckAt, runtime } = await setup();
    await addGpu(1, old);
    const { challenged } = await recheckAt(startMs + secondMs);
    expect(challenged).toHaveLength(1);
    expect(runtime.clock.ms).toBeGreaterThan(startMs + 5 * secondMs);
    expect(challenged[0]?.t0Ms).toBe(runtime.clock.ms);
  });

  it('leaves out what was hired while it waited for the slot', async () => {
    const { addGpu, recheckAt, runtime } = await setup();
    const free = await addGpu(1, { ...old, ...group });
    const taken = await addGpu(2, { ...old, ...group });
    const { challenged } = await recheckAt(startMs + secondMs, () =>
      runtime.database.write(putDevice(changed(taken, { ...hired, hiredConsent: false }))),
    );
    expect(challenged.map(({ processorId }) => processorId)).toEqual(idsOf(free));
  });

  it('leaves a network to the next run while one of its devices has another challenge', async () => {
    const { addGpu, recheckAt, runtime } = await setup();
    const one = await addGpu(1, { ...old, ...group });
    const two = await addGpu(2, { ...old, ...group });
    const [processor] = processorsOf(two);
    if (!processor) throw new Error('no processor');
    runtime.clock.ms = startMs + 4 * minuteMs;
    const processors = [{ device: two, processor, load: aLoad() }];
    const [other] = await issueChallenges(runtime, { purpose: 'onboarding', processors });
    if (!other) throw new Error('nothing was issued');
    expect((await recheckAt(startMs + 5 * minuteMs)).challenged).toHaveLength(1);
    await runtime.database.write(deleteCommand(two.id, other.commandId));
    const { challenged } = await recheckAt(startMs + 15 * minuteMs);
    const rechecked = challenged.filter(({ purpose }) => purpose === 'recheck');
    expect(rechecked.map(({ processorId }) => processorId).sort()).toEqual(idsOf(one, two));
  });

  it('challenges a network in one transaction, and leaves a larger one to full slots', async () => {
    for (const [count, expected] of [
      [12, 25],
      [13, 0],
    ] as const) {
      const { addGpu, recheckAt, runtime } = await setup();
      await addGpu(1, { ...old, ...group, count: 13 });
      await addGpu(2, { ...old, ...group, count });
      const { committed } = runtime.database;
      expect((await recheckAt(startMs + 5 * minuteMs)).challenged).toHaveLength(expected);
      expect(runtime.database.committed - committed).toBe(expected === 0 ? 0 : 1);
    }
  });
});

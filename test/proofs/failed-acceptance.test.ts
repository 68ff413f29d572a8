/** What failing the challenge before a hire costs a device, in the transaction that ends the proof. */
import { sweepChallenges } from '../../functions/proofs/sweep-challenges.schedule.ts';
import { putAnswer } from '../../shared/clusters/answer-store.ts';
import { minuteMs } from '../../shared/core/time.ts';
import { listDeviceEvents } from '../../shared/devices/device-event-store.ts';
import { getDevice } from '../../shared/devices/device-store.ts';
import type { ChallengePurpose } from '../../shared/proofs/schemas.ts';
import type { Tricks } from '../support/proofs/prover.ts';
import { startMs } from '../support/runtime.ts';
import { aLoad } from './builders.ts';
import { gpus } from './called.ts';
import { type Pace, proofsService, prove } from './service.ts';

const provedAtMs = startMs - minuteMs;
const round = 'clu_00000000000000000000000001#1';

/** A device that was proved, and a challenge of it. */
const challenged = async (purpose: ChallengePurpose = 'acceptance') => {
  const service = await proofsService();
  const { database } = service.runtime;
  const proved = { provedAtMs, provedGops: 1, verifyFromMs: provedAtMs };
  const machine = await service.addMachine(1, { ...gpus(), ...proved });
  const challenge = await service.challenge(machine, aLoad(), { purpose, round });
  const { id } = machine.device;
  return {
    service,
    machine,
    challenge,
    device: () => getDevice(database, id),
    kinds: async () =>
      (await listDeviceEvents(database, id, { limit: 10 })).events.map(({ kind }) => kind),
    answers: () => database.all('clusters').filter(({ sk }) => sk.startsWith('ANSWER#')),
  };
};

const slow: Pace = { commitMs: 2_000 };
const forged: Tricks = { leaf: (_round, _leaf, bytes) => bytes.fill(0) };

describe('acceptance', () => {
  it('that fails takes the proof of the device away, and wakes the cluster', async () => {
    const { service, machine, challenge, device, kinds, answers } = await challenged();
    const { answer } = await prove(service, machine, challenge, slow);
    expect(answer.body).toMatchObject({ verdict: 'failed', reason: 'too_slow' });
    expect(await device()).toMatchObject({
      provedAtMs: null,
      verifyFromMs: service.runtime.clock.ms,
      status: 'up',
    });
    expect(await kinds()).toEqual(['device.not_accepted']);
    const [note] = putAnswer(challenge);
    expect(answers()).toEqual([expect.objectContaining(note?.key)]);
  });

  it('that is forged is a strike and nothing besides', async () => {
    const { service, machine, challenge, device, kinds } = await challenged();
    const { answer } = await prove(service, machine, challenge, {}, forged);
    expect(answer.body).toMatchObject({ verdict: 'failed', reason: 'sample_value' });
    expect((await device())?.provedAtMs).toBeNull();
    expect(await kinds()).toEqual(['device.struck']);
  });

  it('that nobody answers takes it away when the sweep comes by', async () => {
    const { service, device, kinds, answers } = await challenged();
    service.runtime.clock.ms += 2 * minuteMs;
    await sweepChallenges(service.needs);
    expect((await device())?.provedAtMs).toBeNull();
    expect(await kinds()).toEqual(['device.not_accepted']);
    expect(answers()).toHaveLength(1);
  });

  it('that is passed leaves it, and wakes the cluster', async () => {
    const { service, machine, challenge, device, kinds, answers } = await challenged();
    const { answer } = await prove(service, machine, challenge);
    expect(answer.body.verdict).toBe('passed');
    expect((await device())?.provedAtMs).toBe(provedAtMs);
    expect(await kinds()).toEqual([]);
    expect(answers()).toHaveLength(1);
  });
});

test('a slow recheck takes no proof away', async () => {
  const { service, machine, challenge, device, kinds, answers } = await challenged('recheck');
  await prove(service, machine, challenge, slow);
  expect((await device())?.provedAtMs).toBe(provedAtMs);
  expect(await kinds()).toEqual([]);
  expect(answers()).toEqual([]);
});

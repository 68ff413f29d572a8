/**
 * A real device proves itself to the platform: from joining to being ready, in a slot that calls it, and not
 * at all in an hour in which nobody heard of it. Its prover is the real one; the platform's clock is moved,
 * and the agent follows it.
 */
import { writeClockOffset } from '../../functions/kit/clock-offset.ts';
import { seedOfSlot } from '../../functions/proofs/day-keys.ts';
import { checkReceipt, listProofs, showProof } from '../../local/demo/proofs.ts';
import { waitFor } from '../../local/demo/wait.ts';
import { present } from '../../shared/core/assert.ts';
import { hourMs, isoOf, minuteMs, secondMs } from '../../shared/core/time.ts';
import type { Device } from '../../shared/devices/device.ts';
import { getDevice } from '../../shared/devices/device-store.ts';
import { getGate } from '../../shared/proofs/gate-store.ts';
import { slotCallOf, slotsOfHour, valueAt } from '../../shared/proofs/place.ts';
import { getPlace } from '../../shared/proofs/place-store.ts';
import { policyOf } from '../../shared/proofs/policy.ts';
import { type Processor, processorsOf } from '../../shared/proofs/processor.ts';
import { getProcessorRecord } from '../../shared/proofs/processor-record-store.ts';
import { type SlotCall, slotIdAt } from '../../shared/proofs/protocol/slot.ts';
import { seededRandomness } from '../support/runtime.ts';
import { moveAgentClock } from './support/machine.ts';
import { useStage } from './support/stage.ts';

const stage = useStage({ name: 'proofs', agents: ['atlas'] });
const policy = policyOf('local');
/** An agent looks at its clocks every few seconds, and then needs a moment to ask for the time. */
const noticeMs = 12 * secondMs;

/** Moves the platform to this time, and the agent's machine along with it. */
const moveTo = async (ms: number): Promise<void> => {
  const offsetMs = Math.round(ms - Date.now());
  await writeClockOffset(stage().database, { offsetMs });
  moveAgentClock(stage().agent('atlas'), offsetMs);
};

const theDevice = async (): Promise<{ device: Device; processor: Processor }> => {
  const { deviceId } = stage().agent('atlas');
  const device = present(await getDevice(stage().database, deviceId), 'the device is gone');
  return { device, processor: present(processorsOf(device)[0], 'no processor') };
};

interface Call extends SlotCall {
  readonly slot: string;
  readonly opensAtMs: number;
}

/** The calls of an hour, by the platform's own rules and keys. */
const callsOfHour = async (startMs: number): Promise<readonly Call[]> => {
  const { database } = stage();
  const { device, processor } = await theDevice();
  const place = present(await getPlace(database, device.id), 'no place');
  const needs = { database, clock: { nowMs: () => startMs }, randomness: seededRandomness('none') };
  const calls = await Promise.all(
    slotsOfHour(startMs, policy).map(async (opensAtMs) => {
      const slot = slotIdAt(opensAtMs);
      const seed = present(await seedOfSlot(needs as never, slot), `${slot} has no seed`);
      const standing = { place: valueAt(place.value, opensAtMs), model: processor.model };
      return { slot, opensAtMs, ...slotCallOf({ seed }, { ...standing, hired: null }, policy) };
    }),
  );
  return calls.filter(({ called }) => called);
};

/** The first hour from this one on in which the device is called. */
const nextCalledHour = async (fromMs: number) => {
  for (let startMs = fromMs; startMs < fromMs + 48 * hourMs; startMs += hourMs) {
    const calls = await callsOfHour(startMs);
    if (calls.length > 0) return { startMs, calls };
  }
  throw new Error('not called in two days');
};

const judge = async (hourStartMs: number) => {
  await moveTo(hourStartMs + hourMs + 6 * minuteMs);
  await stage().platform.invoke('proofs-schedules', { task: 'judge-hour' });
  const { processor } = await theDevice();
  return present(await getGate(stage().database, processor.id, hourStartMs), 'not judged');
};

describe('a CPU that joined', () => {
  it('is ready only because it has proved itself, by receipts that hold offline', async () => {
    const { supplier } = stage();
    const { device } = await theDevice();
    expect(device).toMatchObject({ provedAtMs: expect.any(Number), status: 'up' });
    expect(device.connectivityTier).toBeGreaterThan(0);
    const { proof, receipt } = await showProof(supplier, stage().agent('atlas'));
    expect(proof).toMatchObject({ purpose: 'onboarding', status: 'passed', status_reason: null });
    expect(receipt).toMatchObject({
      ...{ public_id: device.publicId, purpose: 'onboarding', challenge: proof.challenge_id },
      device_pub: Buffer.from(device.publicKey, 'base64').toString('hex'),
    });
    expect(receipt.gops).toBeGreaterThan(0);
    expect(receipt.pool_bytes).toBeGreaterThan(0);
    const proofs = await listProofs(supplier, device.id);
    const rounds = proofs.filter(({ purpose }) => purpose === 'onboarding');
    expect(rounds.map(({ status }) => status)).toEqual(rounds.map(() => 'passed'));
    expect(rounds).toHaveLength(1 + policy.calibration.runs);
  });
});

describe('an hour with calls', () => {
  let answeredMs: number;

  it('needs a full pass of the whole group first, which the platform asks for', async () => {
    const { supplier, database, platform } = stage();
    const { device, processor } = await theDevice();
    const record = present(await getProcessorRecord(database, device.id, processor.id), 'none');
    await moveTo(present(record.countsFromMs, 'it never counts') + 25 * minuteMs);
    await platform.invoke('proofs-schedules', { task: 'recheck-processors' });
    const proof = await waitFor(
      'the recheck',
      async () => {
        const own = await listProofs(supplier, device.id);
        return own.find((one) => one.purpose === 'recheck' && one.status === 'passed');
      },
      { seconds: 90 },
    );
    expect(proof.params.profile).toBe(2);
  });

  it('counts when the device answers each of them', async () => {
    const { supplier, database } = stage();
    const { device, processor } = await theDevice();
    const record = present(await getProcessorRecord(database, device.id, processor.id), 'none');
    const countsFromMs = present(record.countsFromMs, 'it never counts');
    const hour = await nextCalledHour(countsFromMs + hourMs);
    answeredMs = hour.startMs;
    for (const { slot, opensAtMs, profile } of hour.calls) {
      await moveTo(opensAtMs - noticeMs);
      const proof = await waitFor(
        `the proof of ${slot}`,
        async () => {
          const own = await listProofs(supplier, device.id);
          return own.find((one) => one.slot === slot && one.status !== 'committed');
        },
        { seconds: 90 },
      );
      expect(proof).toMatchObject({ status: 'passed', status_reason: null, params: { profile } });
      expect(await checkReceipt(supplier, proof.id)).toMatchObject({ slot, profile });
    }
    const gate = await judge(answeredMs);
    expect(gate.calls.map(({ atMs, outcome }) => [isoOf(atMs), outcome])).toEqual(
      hour.calls.map(({ opensAtMs }) => [isoOf(opensAtMs), 'passed']),
    );
    expect(gate.reason).toBeNull();
  });

  it('is lost when a call is missed', async () => {
    const { startMs, calls } = await nextCalledHour(answeredMs + 2 * hourMs);
    const gate = await judge(startMs);
    expect(gate.calls.map(({ outcome }) => outcome)).toEqual(calls.map(() => 'missed'));
    const isRollCall = calls.some(({ rollCall }) => rollCall);
    expect(gate.reason).toBe(isRollCall ? 'roll_call_missed' : 'call_missed');
  });
});

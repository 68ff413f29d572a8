/**
 * A real device proves itself to the platform: from joining to being ready, in a slot that calls it, and not
 * at all in an hour in which nobody heard of it. Its prover is the real one; the platform's clock is moved,
 * and the agent follows it.
 */
import { nextCalledHour } from '../../local/demo/calls.ts';
import { checkReceipt, listProofs, showProof } from '../../local/demo/proofs.ts';
import { moveTogether, noticeMs } from '../../local/demo/together.ts';
import { waitFor } from '../../local/demo/wait.ts';
import { present } from '../../shared/core/assert.ts';
import { hourMs, isoOf, minuteMs } from '../../shared/core/time.ts';
import type { Device } from '../../shared/devices/device.ts';
import { getDevice } from '../../shared/devices/device-store.ts';
import { getGate } from '../../shared/proofs/gate-store.ts';
import { policyOf } from '../../shared/proofs/policy.ts';
import { type Processor, processorsOf } from '../../shared/proofs/processor.ts';
import { getProcessorRecord } from '../../shared/proofs/processor-record-store.ts';
import { useStage } from './support/stage.ts';

const stage = useStage({ name: 'proofs', agents: ['atlas'] });
const policy = policyOf('local');
/** Moves the platform to this time, and the agent's machine along with it. */
const moveTo = (ms: number) => moveTogether(stage().platform, [stage().agent('atlas')], ms);

const theDevice = async (): Promise<{ device: Device; processor: Processor }> => {
  const { deviceId } = stage().agent('atlas');
  const device = present(await getDevice(stage().database, deviceId), 'the device is gone');
  return { device, processor: present(processorsOf(device)[0], 'no processor') };
};

const nextHour = (fromMs: number) =>
  nextCalledHour(stage().database, [stage().agent('atlas').deviceId], fromMs);

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
    const hour = await nextHour(countsFromMs + hourMs);
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
    const { startMs, calls } = await nextHour(answeredMs + 2 * hourMs);
    const gate = await judge(startMs);
    expect(gate.calls.map(({ outcome }) => outcome)).toEqual(calls.map(() => 'missed'));
    const isRollCall = calls.some(({ rollCall }) => rollCall);
    expect(gate.reason).toBe(isRollCall ? 'roll_call_missed' : 'call_missed');
  });
});

/**
 * The workflow verify-device on the in-memory database: its steps in turn, with a clock that the test
 * moves, and a device that answers what it is asked, or does not.
 */
import { abandonDeviceStep } from '../../functions/devices/abandon-device.step.ts';
import { applyTestReport } from '../../functions/devices/apply-test-report.ts';
import { assessDeviceStep } from '../../functions/devices/assess-device.step.ts';
import { orderChecksStep } from '../../functions/devices/order-checks.step.ts';
import { startVerification } from '../../functions/devices/start-verification.ts';
import { commit } from '../../functions/kit/transaction.ts';
import type { Command } from '../../shared/clusters/agent-protocol.ts';
import { deleteCommand, listCommands } from '../../shared/clusters/command-store.ts';
import { present } from '../../shared/core/assert.ts';
import { newId } from '../../shared/core/ids.ts';
import { secondMs } from '../../shared/core/time.ts';
import type { Device } from '../../shared/devices/device.ts';
import { putDeviceEvent } from '../../shared/devices/device-event-store.ts';
import { getDevice, putDevice } from '../../shared/devices/device-store.ts';
import { connected, firstPresence } from '../../shared/devices/presence.ts';
import { getPresence, putPresence } from '../../shared/devices/presence-store.ts';
import { withProof } from '../../shared/devices/proved.ts';
import { type SpeedResult, withSpeedTest } from '../../shared/devices/speed-test.ts';
import { getSpeedTest, putSpeedTest } from '../../shared/devices/speed-test-store.ts';
import { getVerification } from '../../shared/devices/verification-store.ts';
import { getChallenge, putChallenge } from '../../shared/proofs/challenge-store.ts';
import { policyOf } from '../../shared/proofs/policy.ts';
import { processorsOf } from '../../shared/proofs/processor.ts';
import { processorProofsOf } from '../../shared/proofs/processor-proofs.ts';
import { newRecord, recordAfter } from '../../shared/proofs/processor-record.ts';
import {
  listProcessorRecords,
  putProcessorRecord,
} from '../../shared/proofs/processor-record-store.ts';
import { startMs, testRuntime } from '../support/runtime.ts';
import { aDevice, addDevice, unverified, withWorkflows } from './builders.ts';

const gpu = { name: 'NVIDIA GeForce RTX 4090', memory_mib: 24_564, driver_version: '550.90' };
/** A device with two GPUs that the table has a reference for. */
export const twoGpus = {
  model: 'RTX 4090',
  processorKind: 'gpu' as const,
  processorCount: 2,
  gpuIndexes: [0, 1],
  hardware: {
    os: 'linux' as const,
    arch: 'x64' as const,
    cpu: { name: 'AMD EPYC 7543', cores: 16 },
    memory_mib: 65_536,
    disk_free_mib: 100_000,
    gpus: [
      { ...gpu, uuid: 'GPU-a' },
      { ...gpu, uuid: 'GPU-b' },
    ],
  },
};
const fastLine: SpeedResult = { tier: 2, downKbps: 500_000, upKbps: 400_000, roundTripMs: 20 };

type ProveCommand = Extract<Command, { kind: 'prove' }>;

export const verifyingSetup = async (changes: Partial<Device> = {}) => {
  const runtime = withWorkflows(testRuntime());
  const { database, clock, woken } = runtime;
  const presence = connected(firstPresence(null, startMs), 'socket', startMs);
  const made = aDevice(1, { ...unverified, verifyFromMs: startMs, ...changes });
  await addDevice(runtime, made, presence);
  const { id } = made;

  const device = async () => present(await getDevice(database, id), 'no device');
  const verification = async () => present(await getVerification(database, id), 'no verification');
  const commands = () => listCommands(database, id);
  const start = async () => startVerification(runtime, await device(), clock.ms);

  /** One round of the workflow: orders, what `meanwhile` does while it waits, and the assessment. */
  let tokens = 0;
  const round = async (meanwhile: () => Promise<unknown> = async () => {}): Promise<string> => {
    tokens += 1;
    const input = { step: 'order-checks', device_id: id, task_token: `token-${tokens}` };
    await orderChecksStep(runtime, input);
    clock.ms += 30 * secondMs;
    await meanwhile();
    return (await assessDeviceStep(runtime, { step: 'assess-device', device_id: id })).outcome;
  };

  /** Ends the speed test that goes on with that result. */
  const answerSpeed = async (result: SpeedResult | 'failed' = fastLine) => {
    const before = present(await getSpeedTest(database, id), 'no speed test');
    const change = present(withSpeedTest(await device(), result, clock.ms), 'no change');
    const status = result === 'failed' ? ('failed' as const) : ('finished' as const);
    await commit(runtime, [
      putSpeedTest({ ...before, status }, before),
      putDevice(change.device),
      putDeviceEvent(change.event),
      deleteCommand(id, before.commandId),
    ]);
  };

  const asked = async (): Promise<readonly ProveCommand[]> =>
    (await commands()).filter((command) => command.kind === 'prove');

  /** Ends every challenge that goes on, as the end of its proof does; `outcomeOf` by GPU index. */
  const answerProofs = async (
    outcomeOf: (index: number) => 'passed' | 'failed' | 'expired' = () => 'passed',
  ) => {
    for (const command of await asked()) {
      const challenge = present(await getChallenge(database, command.challenge_id), 'none');
      const outcome = outcomeOf(command.gpu_index ?? 0);
      const reason =
        outcome === 'passed' ? null : outcome === 'failed' ? ('too_slow' as const) : outcome;
      const proofId = outcome === 'expired' ? null : newId('poc', clock.ms, runtime.randomness);
      const known = await device();
      const processors = processorsOf(known);
      const processor = present(
        processors.find(({ id: own }) => own === command.processor_id),
        'no processor',
      );
      const records = await listProcessorRecords(database, id);
      const before =
        records.find(({ processorId }) => processorId === processor.id) ??
        newRecord(processor, known.organisationId);
      const after = recordAfter(
        before,
        {
          atMs: challenge.t0Ms,
          purpose: 'onboarding',
          profile: 2,
          passed: outcome === 'passed',
          reason,
          metrics: outcome === 'passed' ? { gops: 120, mbps: 20_000, poolBytes: 1 } : null,
          committed: reason !== 'expired',
          wholeGroup: false,
        },
        policyOf(runtime.stage),
        clock.ms,
      );
      const others = records.filter(({ processorId }) => processorId !== processor.id);
      const change =
        outcome === 'passed'
          ? withProof(known, processorProofsOf(processors, [...others, after], known), clock.ms)
          : undefined;
      await commit(runtime, [
        putChallenge({ ...challenge, status: outcome, reason, proofId }, challenge),
        deleteCommand(id, command.command_id),
        ...(after === before ? [] : [putProcessorRecord(after)]),
        ...(change ? [putDevice(change.device), putDeviceEvent(change.event)] : []),
      ]);
    }
  };

  /** Answers the last test of Ray. */
  const answerRay = async (passed = true) => {
    const tests = (await commands()).filter(({ kind }) => kind === 'test_ray');
    const command = present(tests.at(-1), 'no test of Ray');
    const report = {
      kind: 'test' as const,
      command_id: command.command_id,
      passed,
      seconds: 3,
      ray_version: '2.60.0',
      python_version: '3.12.3',
      address_reachable: true,
      peers_reached: [],
      detail: null,
    };
    await applyTestReport(runtime, id, report, clock.ms);
    await database.write(deleteCommand(id, command.command_id));
  };

  return {
    runtime,
    id,
    /** Names of the executions that were started. */
    started: () => runtime.started.map(({ name }) => name),
    woken,
    device,
    verification,
    commands,
    kinds: async () => (await commands()).map(({ kind }) => kind),
    start,
    round,
    abandon: () => abandonDeviceStep(runtime, { step: 'abandon-device', device_id: id }),
    answerSpeed,
    asked,
    answerProofs,
    answerRay,
    /** The agent stops to be connected, as if it had never run. */
    neverHeard: async () => {
      const before = present(await getPresence(database, id), 'no presence');
      await database.write(putPresence(id, before, firstPresence(null, made.createdAtMs)));
    },
  };
};

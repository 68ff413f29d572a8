/**
 * Which processors of some devices may be challenged, and when: what a challenge asks of each, what a slot
 * may ask at the same time, and whether one of the devices still has another challenge to answer. The one
 * place of that rule; who is asked, and whether to wait, is the caller's to say.
 */
import { listCommands } from '../../shared/clusters/command-store.ts';
import type { Device } from '../../shared/devices/device.ts';
import { uncalibrated } from '../../shared/proofs/calibration.ts';
import { challengeWaitMs } from '../../shared/proofs/challenge-window.ts';
import { policyOf } from '../../shared/proofs/policy.ts';
import { processorsOf } from '../../shared/proofs/processor.ts';
import { countsAt } from '../../shared/proofs/processor-record.ts';
import { getProcessorRecords } from '../../shared/proofs/processor-record-store.ts';
import type { ProofLoad } from '../../shared/proofs/proof.ts';
import { loadOf } from '../../shared/proofs/proof-load.ts';
import type { Profile } from '../../shared/proofs/protocol/parameters.ts';
import type { Runtime } from '../kit/runtime.ts';
import type { ChallengedProcessor } from './issue-challenges.ts';

export interface Challengeable {
  /** Those with a load: a model without a reference has nothing to be held to. */
  readonly processors: readonly ChallengeableProcessor[];
  /** Milliseconds until they may be challenged together, for a slot may keep them busy; 0: now. */
  readonly waitMs: number;
  /** Whether a device has another challenge to answer: a processor that works at two passes neither. */
  readonly isBusy: boolean;
}

export interface ChallengeableProcessor extends ChallengedProcessor {
  /** The largest proof that a slot may call it for; null when slots do not call it yet. */
  readonly called: ProofLoad | null;
}

/** What a challenge at `nowMs` would ask of the devices; of each model the profile that is asked for. */
export const loadChallengeable = async (
  { database, stage }: Pick<Runtime, 'database' | 'stage'>,
  devices: readonly Device[],
  nowMs: number,
  profileOf: (model: string) => Profile = () => 2,
): Promise<Challengeable> => {
  const owned = devices.flatMap((device) =>
    processorsOf(device).map((processor) => ({ device, processor })),
  );
  const [found, boxes] = await Promise.all([
    getProcessorRecords(
      database,
      owned.map(({ processor }) => processor),
    ),
    Promise.all(devices.map(({ id }) => listCommands(database, id))),
  ]);
  const records = new Map(found.map((record) => [record.processorId, record] as const));
  const policy = policyOf(stage);
  const processors = owned.flatMap(({ device, processor }): ChallengeableProcessor[] => {
    const record = records.get(processor.id);
    const calibration = record?.calibration ?? uncalibrated;
    const load = loadOf(processor, calibration, profileOf(processor.model), policy, nowMs);
    if (load === null) return [];
    const isCalled = record !== undefined && countsAt(record, nowMs);
    const called = isCalled ? loadOf(processor, calibration, 2, policy, nowMs) : null;
    return [{ device, processor, load, called }];
  });
  const loads = processors.map(({ load, called }) => ({ asked: load, called }));
  return {
    processors,
    waitMs: challengeWaitMs(loads, policy, nowMs),
    isBusy: boxes.flat().some(({ kind }) => kind === 'prove'),
  };
};

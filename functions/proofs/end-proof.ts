/**
 * The end of a proof, in one transaction with all that follows from it: its challenge, the command that
 * carried it, the processor's record, and the device, which is proved or struck by it. Whoever dies before
 * it leaves the proof as it was; whoever dies after it is answered from what is stored. The end of a slot's
 * light proof touches nothing but the proof and is a single write.
 */
import { refusalEvidence } from '../../shared/clusters/acceptance.ts';
import { putAnswer } from '../../shared/clusters/answer-store.ts';
import { deleteCommand } from '../../shared/clusters/command-store.ts';
import { present, unreachable } from '../../shared/core/assert.ts';
import type { Write } from '../../shared/core/database.ts';
import { AppError } from '../../shared/core/errors.ts';
import type { Device } from '../../shared/devices/device.ts';
import { putDeviceEvent } from '../../shared/devices/device-event-store.ts';
import { getDevice, putDevice } from '../../shared/devices/device-store.ts';
import {
  type DeviceChange,
  withFailedAcceptance,
  withProof,
  withStrike,
} from '../../shared/devices/proved.ts';
import { type Challenge, commitUntilMs } from '../../shared/proofs/challenge.ts';
import {
  deleteDue,
  getChallenge,
  putChallenge,
  sweepDelayMs,
} from '../../shared/proofs/challenge-store.ts';
import type { Meaning } from '../../shared/proofs/message.ts';
import { policyOf } from '../../shared/proofs/policy.ts';
import { type Processor, processorsOf } from '../../shared/proofs/processor.ts';
import { processorProofsOf } from '../../shared/proofs/processor-proofs.ts';
import {
  type EndedProof,
  newRecord,
  type ProcessorRecord,
  recordAfter,
} from '../../shared/proofs/processor-record.ts';
import {
  getProcessorRecords,
  listProcessorRecords,
  putProcessorRecord,
} from '../../shared/proofs/processor-record-store.ts';
import { failedProof, type Proof } from '../../shared/proofs/proof.ts';
import { putProof } from '../../shared/proofs/proof-store.ts';
import { isFraud } from '../../shared/proofs/strike.ts';
import type { Runtime } from '../kit/runtime.ts';
import { commit } from '../kit/transaction.ts';
import { type FollowNeeds, followChallenge } from './follow-challenge.ts';

export type ProofNeeds = FollowNeeds & Pick<Runtime, 'clock' | 'pause' | 'randomness' | 'stage'>;

/**
 * Writes the final proof `after` and what follows. Throws WriteRefused when the proof or anything that the
 * end was decided by changed meanwhile: the caller reads again and decides afresh.
 */
export const endProof = async (needs: ProofNeeds, before: Proof, after: Proof): Promise<void> => {
  const own = putProof(after, before);
  const passedFull = after.status === 'passed' && after.load.params.profile === 2;
  if (after.purpose === 'slot' && !passedFull && !isFraud(after.reason)) {
    await needs.database.write(own);
    return;
  }
  const challenge =
    after.purpose === 'slot' ? undefined : await getChallenge(needs.database, after.sourceId);
  const ended: EndedProof = {
    atMs: after.t0Ms,
    purpose: after.purpose,
    profile: after.load.params.profile,
    passed: after.status === 'passed',
    reason: after.reason,
    metrics: after.metrics,
    committed: true,
    wholeGroup: challenge?.wholeGroup ?? false,
  };
  const over = challenge && endedChallenge(challenge, after);
  await commit(needs, [
    own,
    ...(challenge && over ? putEndedChallenge(over, challenge) : []),
    ...(await consequences(needs, after, ended)),
  ]);
  if (over) await followChallenge(needs, over);
};

/** The challenge as its proof leaves it. */
const endedChallenge = (challenge: Challenge, { status, reason }: Proof): Challenge => ({
  ...challenge,
  status: status === 'passed' ? 'passed' : 'failed',
  reason,
});

/** The end of a challenge: what it is now, no command, no due entry, and a note for whom it concerns. */
export const putEndedChallenge = (
  over: Challenge,
  before: Pick<Challenge, 'status'>,
): readonly Write[] => [
  putChallenge(over, before),
  deleteCommand(over.deviceId, over.commandId),
  deleteDue(over.id, commitUntilMs(over) + sweepDelayMs),
  ...putAnswer(over),
];

/** What the end of a proof, or of a challenge without one, changes in the processor's record and the device. */
export const consequences = async (
  needs: ProofNeeds,
  of: Pick<Proof, 'deviceId' | 'processorId'>,
  ended: EndedProof,
): Promise<readonly Write[]> => {
  const nowMs = needs.clock.nowMs();
  const device = await getDevice(needs.database, of.deviceId);
  const known = present(device, `${of.deviceId} is gone`);
  const processors = processorsOf(known);
  const records = await recordsFor(needs, of, processors, ended);
  const processor = processors.find(({ id }) => id === of.processorId);
  // Of hardware that the device no longer has, the record alone is left; that the end still concerns.
  const before =
    records.find(({ processorId }) => processorId === of.processorId) ??
    (processor && newRecord(processor, known.organisationId));
  if (!before) return [];
  const after = recordAfter(before, ended, policyOf(needs.stage), nowMs);
  const all = [...records.filter(({ processorId }) => processorId !== of.processorId), after];
  const leavesTrace = after !== before;
  const change =
    refusalOf(known, of.processorId, ended, nowMs) ??
    (leavesTrace ? changeOf(known, processors, all, ended, nowMs) : undefined);
  return [
    ...(leavesTrace ? [putProcessorRecord(after)] : []),
    ...(change ? [putDevice(change.device), putDeviceEvent(change.event)] : []),
  ];
};

/** A strike is counted with those of all hardware that the device ever had; all else concerns what it has. */
const recordsFor = (
  { database }: Pick<ProofNeeds, 'database'>,
  { deviceId, processorId }: Pick<Proof, 'deviceId' | 'processorId'>,
  processors: readonly Processor[],
  { reason }: EndedProof,
): Promise<readonly ProcessorRecord[]> => {
  if (isFraud(reason)) return listProcessorRecords(database, deviceId);
  const others = processors.filter(({ id }) => id !== processorId);
  return getProcessorRecords(database, [...others, { deviceId, id: processorId }]);
};

/** Who fails the challenge before a hire proves itself anew; a forgery is a strike, which costs that too. */
const refusalOf = (
  device: Device,
  processorId: Proof['processorId'],
  { purpose, reason, atMs }: EndedProof,
  nowMs: number,
): DeviceChange | undefined => {
  if (purpose !== 'acceptance' || reason === null || isFraud(reason)) return undefined;
  const evidence = refusalEvidence({ processorId, verdict: reason });
  return withFailedAcceptance(device, { t0Ms: atMs, evidence }, nowMs);
};

const changeOf = (
  device: Device,
  processors: readonly Processor[],
  records: readonly ProcessorRecord[],
  ended: EndedProof,
  nowMs: number,
): DeviceChange | undefined => {
  if (isFraud(ended.reason)) {
    const strikes = records.flatMap((record) => record.strikes);
    return withStrike(device, strikes, nowMs, { reason: ended.reason });
  }
  if (!ended.passed) return undefined;
  return withProof(device, processorProofsOf(processors, records, device), nowMs);
};

/** Refuses a message that a stored proof does not wait for, and ends the proof where that follows. */
export const refuseMessage = async (
  needs: ProofNeeds,
  proof: Proof,
  meaning: Exclude<Meaning, 'proceed' | 'replay'>,
): Promise<never> => {
  switch (meaning) {
    case 'expired':
      await endProof(needs, proof, failedProof(proof, 'expired'));
      throw new AppError('proof.too_late');
    case 'conflict':
      await endProof(needs, proof, failedProof(proof, 'phase_conflict'));
      throw new AppError('proof.phase_conflict');
    case 'final':
      throw new AppError('proof.final');
    case 'phase':
      throw new AppError('proof.phase');
    default:
      return unreachable(meaning, 'an unknown meaning');
  }
};

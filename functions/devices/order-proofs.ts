/**
 * Orders full proofs by challenge from all processors of a device at once, with one t0. When one of them
 * failed before, the passes of the others no longer count: processors that share what they claim would
 * else pass one after the other. Says so itself when nothing is left to prove.
 */
import type { Write } from '../../shared/core/database.ts';
import { changed, type Device } from '../../shared/devices/device.ts';
import { putDeviceEvent } from '../../shared/devices/device-event-store.ts';
import { putDevice } from '../../shared/devices/device-store.ts';
import { withProof } from '../../shared/devices/proved.ts';
import { advanced, roundOf, type VerificationFacts } from '../../shared/devices/verification.ts';
import { putVerification } from '../../shared/devices/verification-store.ts';
import { uncalibrated } from '../../shared/proofs/calibration.ts';
import { challengeWaitMs } from '../../shared/proofs/challenge-window.ts';
import { loadOf } from '../../shared/proofs/load.ts';
import { policyOf } from '../../shared/proofs/policy.ts';
import { type Processor, processorsOf } from '../../shared/proofs/processor.ts';
import { processorProofsOf } from '../../shared/proofs/processor-proofs.ts';
import { countsAt, type ProcessorRecord } from '../../shared/proofs/processor-record.ts';
import { listProcessorRecords } from '../../shared/proofs/processor-record-store.ts';
import type { Runtime } from '../kit/runtime.ts';
import { commit } from '../kit/transaction.ts';
import { issueChallenges } from '../proofs/issue-challenges.ts';

/** Begins the next round, unless a slot may call the processors now; the workflow comes again. */
export const orderProofs = async (
  needs: Runtime,
  facts: VerificationFacts,
  nowMs: number,
): Promise<void> => {
  const { device, verification } = facts;
  const processors = processorsOf(device);
  const records = await listProcessorRecords(needs.database, device.id);
  const proved = withProof(device, processorProofsOf(processors, records), nowMs);
  if (proved) {
    // Two proofs that ended at one moment do not see each other.
    await commit(needs, [putDevice(proved.device), putDeviceEvent(proved.event)]);
    return;
  }
  const asked = processors.flatMap((processor) => loaded(needs, processor, records, nowMs));
  if (challengeWaitMs(asked, policyOf(needs.stage), nowMs) > 0) return;
  const failed = facts.round === 'failed' || facts.round === 'unanswered';
  const begun = advanced(verification, {
    rounds: verification.rounds + 1,
    failedRounds: verification.failedRounds + (failed ? 1 : 0),
  });
  await commit(needs, [putVerification(begun), ...(failed ? forgetPasses(device, nowMs) : [])]);
  await issueChallenges(needs, {
    purpose: 'onboarding',
    round: roundOf(begun),
    processors: asked.map(({ processor, asked: load }) => ({ device, processor, load })),
  });
};

const forgetPasses = (device: Device, nowMs: number): readonly Write[] => [
  putDevice(changed(device, { verifyFromMs: nowMs })),
];

/** The processor's full load, and that of the slots that may call it; nothing without a reference. */
const loaded = (
  { stage }: Pick<Runtime, 'stage'>,
  processor: Processor,
  records: readonly ProcessorRecord[],
  nowMs: number,
) => {
  const record = records.find(({ processorId }) => processorId === processor.id);
  const calibration = record?.calibration ?? uncalibrated;
  const load = loadOf(processor, calibration, 2, policyOf(stage), nowMs);
  if (load === null) return [];
  return [{ processor, asked: load, called: record && countsAt(record, nowMs) ? load : null }];
};

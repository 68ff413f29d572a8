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
import { processorsOf } from '../../shared/proofs/processor.ts';
import { processorProofsOf } from '../../shared/proofs/processor-proofs.ts';
import { getProcessorRecords } from '../../shared/proofs/processor-record-store.ts';
import type { Runtime } from '../kit/runtime.ts';
import { commit } from '../kit/transaction.ts';
import { issueChallenges } from '../proofs/issue-challenges.ts';
import { loadChallengeable } from '../proofs/load-challengeable.ts';

/** Begins the next round, unless a slot may call the processors now or another challenge waits; the workflow comes again. */
export const orderProofs = async (
  needs: Runtime,
  facts: VerificationFacts,
  nowMs: number,
): Promise<void> => {
  const { device, verification } = facts;
  const processors = processorsOf(device);
  const records = await getProcessorRecords(needs.database, processors);
  const proved = withProof(device, processorProofsOf(processors, records, device), nowMs);
  if (proved) {
    // Two proofs that ended at one moment do not see each other.
    await commit(needs, [putDevice(proved.device), putDeviceEvent(proved.event)]);
    return;
  }
  const asked = await loadChallengeable(needs, [device], nowMs);
  if (asked.waitMs > 0 || asked.isBusy) return;
  const failed = facts.round === 'failed' || facts.round === 'unanswered';
  const begun = advanced(verification, {
    rounds: verification.rounds + 1,
    failedRounds: verification.failedRounds + (failed ? 1 : 0),
  });
  await commit(needs, [putVerification(begun), ...(failed ? forgetPasses(device, nowMs) : [])]);
  await issueChallenges(needs, {
    purpose: 'onboarding',
    round: roundOf(begun),
    processors: asked.processors,
  });
};

const forgetPasses = (device: Device, nowMs: number): readonly Write[] => [
  putDevice(changed(device, { verifyFromMs: nowMs })),
];

/** Ends a verification that failed: the device says why, and from when it is tried again. */
import type { VerifyFailure } from '../../shared/devices/device.ts';
import { putDeviceEvent } from '../../shared/devices/device-event-store.ts';
import { putDevice } from '../../shared/devices/device-store.ts';
import { ended, type VerificationFacts, withFailure } from '../../shared/devices/verification.ts';
import { putVerification } from '../../shared/devices/verification-store.ts';
import { type CommitRuntime, commit } from '../kit/transaction.ts';

/** One transaction. Throws WriteRefused when device or verification changed meanwhile. */
export const failVerification = async (
  needs: CommitRuntime,
  { device, verification }: Pick<VerificationFacts, 'device' | 'verification'>,
  reason: VerifyFailure,
  nowMs: number,
): Promise<void> => {
  const over = ended(verification, 'failed', nowMs);
  const failed = withFailure(device, reason, over, nowMs);
  await commit(needs, [
    putVerification(over),
    putDevice(failed.device),
    putDeviceEvent(failed.event),
  ]);
};

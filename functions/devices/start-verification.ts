/**
 * Starts the verification of a device where one is due. Its item is written first, so of several that
 * start it one wins, and the execution is named after it; the token of the execution before goes with that
 * write. Who finds the item without a token cannot know whether the starter died in between, and starts
 * that very execution again: a name is used once.
 */
import type { WorkflowPort } from '../../shared/adapters/workflows.ts';
import { WriteRefused } from '../../shared/core/database.ts';
import type { Device } from '../../shared/devices/device.ts';
import { beginVerification, executionOf, isRunning } from '../../shared/devices/verification.ts';
import {
  deleteVerificationWait,
  getVerification,
  putVerification,
} from '../../shared/devices/verification-store.ts';
import { type CommitRuntime, commit } from '../kit/transaction.ts';

export interface StartNeeds extends CommitRuntime {
  readonly workflows: Pick<WorkflowPort, 'start'>;
  readonly verifyStateMachineArn: string;
}

/** Does nothing where no verification is due; starts the execution of one that goes on, if it has none. */
export const startVerification = async (
  needs: StartNeeds,
  device: Device,
  nowMs: number,
): Promise<void> => {
  const before = await getVerification(needs.database, device.id);
  const begun = beginVerification(device, before, nowMs);
  const current = begun ?? (isRunning(before, nowMs) ? before : undefined);
  if (!current) return;
  try {
    if (begun) await commit(needs, [putVerification(begun), deleteVerificationWait(device.id)]);
  } catch (error) {
    if (error instanceof WriteRefused) return;
    throw error;
  }
  const input = { device_id: device.id };
  await needs.workflows.start(needs.verifyStateMachineArn, executionOf(current), input);
};

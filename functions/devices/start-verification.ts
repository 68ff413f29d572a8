/**
 * Starts the verification of a device where one is due. Its item is written first, so of several that
 * start it one wins, and the execution is named after it; whoever finds the item without an execution,
 * for the starter died in between, starts that very execution.
 */
import type { WorkflowPort } from '../../shared/adapters/workflows.ts';
import { WriteRefused } from '../../shared/core/database.ts';
import type { Device } from '../../shared/devices/device.ts';
import { beginVerification, executionOf, isRunning } from '../../shared/devices/verification.ts';
import { getVerification, putVerification } from '../../shared/devices/verification-store.ts';
import type { Runtime } from '../kit/runtime.ts';

export interface StartNeeds extends Pick<Runtime, 'database'> {
  readonly workflows: Pick<WorkflowPort, 'start'>;
  readonly verifyStateMachineArn: string;
}

/** Does nothing where no verification is due. */
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
    if (begun) await needs.database.write(putVerification(begun));
  } catch (error) {
    if (error instanceof WriteRefused) return;
    throw error;
  }
  const input = { device_id: device.id };
  await needs.workflows.start(needs.verifyStateMachineArn, executionOf(current), input);
};

/**
 * Consumes the stream of the devices table: a change wakes the verification of its device that goes on,
 * and starts one where it leaves a device that has to show what it can (it joined, came back after long,
 * was struck). Where a single test is missing (after a long hire, an unverified release), that is ordered.
 */
import type { WorkflowPort } from '../../shared/adapters/workflows.ts';
import { type Device, mayBeTested } from '../../shared/devices/device.ts';
import { readDevice } from '../../shared/devices/device-item.ts';
import { getDevice } from '../../shared/devices/device-store.ts';
import { isTestOutdated } from '../../shared/devices/ray-test.ts';
import { isSpeedTestOutdated } from '../../shared/devices/speed-test.ts';
import { canBeVerified, isRunning, needsVerification } from '../../shared/devices/verification.ts';
import { getVerification, getVerificationWait } from '../../shared/devices/verification-store.ts';
import type { Runtime } from '../kit/runtime.ts';
import type { Change } from '../kit/stream.ts';
import { orderRayTest } from './order-ray-test.ts';
import { orderSpeedTest } from './order-speed-test.ts';
import { startVerification } from './start-verification.ts';

export type FollowRuntime = Runtime & {
  readonly workflows: WorkflowPort;
  readonly verifyStateMachineArn: string;
};

export const followDevice = async (needs: FollowRuntime, change: Change): Promise<void> => {
  const changed = change.after && readDevice(change.after);
  if (!changed) return;
  const nowMs = needs.clock.nowMs();
  const [device, verification] = await Promise.all([
    getDevice(needs.database, changed.id),
    getVerification(needs.database, changed.id),
  ]);
  if (!device) return;
  if (isRunning(verification, nowMs)) await goOn(needs, device, nowMs);
  else if (needsVerification(device) && canBeVerified(device, nowMs)) {
    await startVerification(needs, device, nowMs);
  } else await orderTests(needs, device, nowMs);
};

const goOn = async (needs: FollowRuntime, device: Device, nowMs: number): Promise<void> => {
  const taskToken = await getVerificationWait(needs.database, device.id);
  if (taskToken !== undefined) await needs.workflows.wake(taskToken);
  // Nothing waits yet: its first step is still to come, or whoever began it died before the execution.
  else await startVerification(needs, device, nowMs);
};

const orderTests = async (needs: Runtime, device: Device, nowMs: number): Promise<void> => {
  if (isTestOutdated(device, nowMs)) await orderRayTest(needs, device, nowMs);
  const proved = device.status === 'up' && !needsVerification(device);
  if (proved && mayBeTested(device) && isSpeedTestOutdated(device, nowMs)) {
    await orderSpeedTest(needs, device, nowMs);
  }
};

/**
 * POST /v1/devices/{device_id}/resume: ends a pause. Should the device have gone silent meanwhile, the
 * next sweep finds out and says so. A verification that failed is tried again at once.
 */
import { transitionDevice } from '../../shared/devices/device-store.ts';
import { forgetDeclared } from '../../shared/devices/presence-store.ts';
import { verifyAnew } from '../../shared/devices/proved.ts';
import { needsVerification } from '../../shared/devices/verification.ts';
import type { CommitRuntime } from '../kit/transaction.ts';
import { changeDevice, type DeviceCall } from './change-device.ts';

export const resumeDevice = (needs: CommitRuntime, call: DeviceCall) =>
  changeDevice(needs, call, (device) => {
    if (device.status === 'up') return { device, writes: [] };
    const evidence = { request_id: call.requestId };
    const cause = { reason: 'resumed_by_supplier', actor: call.caller.keyId, evidence } as const;
    // One that has still to show what it can is verified at once, however long that had to wait.
    const again = needsVerification(device) ? verifyAnew(device, call.nowMs) : {};
    const moved = transitionDevice(device, cause, call.nowMs, again);
    return { device: moved.device, writes: [...moved.writes, forgetDeclared(device.id)] };
  });

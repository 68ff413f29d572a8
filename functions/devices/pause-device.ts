/** POST /v1/devices/{device_id}/pause: nobody hires it any more; a cluster that has it keeps it. */
import { transitionDevice } from '../../shared/devices/device-store.ts';
import type { CommitRuntime } from '../kit/transaction.ts';
import { changeDevice, type DeviceCall } from './change-device.ts';

export const pauseDevice = (needs: CommitRuntime, call: DeviceCall) =>
  changeDevice(needs, call, (device) => {
    if (device.status === 'paused') return { device, writes: [] };
    const evidence = { request_id: call.requestId };
    const cause = { reason: 'paused_by_supplier', actor: call.caller.keyId, evidence } as const;
    return transitionDevice(device, cause, call.nowMs);
  });

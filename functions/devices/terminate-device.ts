/**
 * POST /v1/devices/{device_id}/terminate: takes the device off the network for good; again is the same
 * answer. Refused while a cluster has it. Its key can never join again.
 */
import { removeSiteDevice, transitionDevice } from '../../shared/devices/device-store.ts';
import { deletePresence } from '../../shared/devices/presence-store.ts';
import type { CommitRuntime } from '../kit/transaction.ts';
import { changeDevice, type DeviceCall } from './change-device.ts';

export const terminateDevice = (needs: CommitRuntime, call: DeviceCall) =>
  changeDevice(needs, call, (device) => {
    if (device.status === 'terminated') return { device, writes: [] };
    const evidence = { request_id: call.requestId };
    const cause = { reason: 'terminated_by_supplier', actor: call.caller.keyId, evidence } as const;
    const moved = transitionDevice(device, cause, call.nowMs);
    const ends = [removeSiteDevice(device), deletePresence(device.id)];
    return { device: moved.device, writes: [...moved.writes, ...ends] };
  });

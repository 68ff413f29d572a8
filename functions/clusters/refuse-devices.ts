/**
 * What failing acceptance costs a device beside its place in the cluster: its proof counts no more, so it is
 * not offered again before it proved itself anew. The end of its proof says so already; here it is made up
 * for where no proof came, long before the sweep finds that. Doing it again changes nothing.
 */
import { type AcceptanceFailure, refusalEvidence } from '../../shared/clusters/acceptance.ts';
import { putDeviceEvent } from '../../shared/devices/device-event-store.ts';
import { getDevice, putDevice } from '../../shared/devices/device-store.ts';
import { withFailedAcceptance } from '../../shared/devices/proved.ts';
import { retryRefused } from '../kit/retry.ts';
import { type CommitRuntime, commit } from '../kit/transaction.ts';

export const refuseDevices = async (
  needs: CommitRuntime,
  failures: readonly AcceptanceFailure[],
  nowMs: number,
): Promise<void> => {
  for (const failure of failures) await refuseDevice(needs, failure, nowMs);
};

const refuseDevice = (
  needs: CommitRuntime,
  { deviceId, processorId, verdict, t0Ms }: AcceptanceFailure,
  nowMs: number,
): Promise<void> =>
  retryRefused(needs, async () => {
    const device = await getDevice(needs.database, deviceId);
    const evidence = refusalEvidence({ processorId, verdict });
    const change = device && withFailedAcceptance(device, { t0Ms, evidence }, nowMs);
    if (change) await commit(needs, [putDevice(change.device), putDeviceEvent(change.event)]);
  });

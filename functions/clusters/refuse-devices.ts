/**
 * What failing acceptance costs a device beside its place in the cluster: its proof counts no more, so it is
 * not offered again before it proved itself anew. Doing it again changes nothing.
 */
import type { AcceptanceFailure } from '../../shared/clusters/acceptance.ts';
import { verdictWords } from '../../shared/clusters/acceptance.ts';
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
    const evidence = { processor_id: processorId, verdict, in_words: verdictWords[verdict] };
    const change = device && withFailedAcceptance(device, { t0Ms, evidence }, nowMs);
    if (change) await commit(needs, [putDevice(change.device), putDeviceEvent(change.event)]);
  });

/** What the report of a test start changes; a report about a device that is gone changes nothing. */
import type { TestReport } from '../../shared/clusters/agent-protocol.ts';
import { contention, WriteRefused } from '../../shared/core/database.ts';
import { putDeviceEvent } from '../../shared/devices/device-event-store.ts';
import { getDevice, putDevice } from '../../shared/devices/device-store.ts';
import { decideTestReport } from '../../shared/devices/ray-test.ts';
import { type CommitRuntime, commit } from '../kit/transaction.ts';

const attemptsMax = 4;

/** Applies it to the device as it is now. */
export const applyTestReport = async (
  needs: CommitRuntime,
  deviceId: string,
  report: TestReport,
  nowMs: number,
): Promise<void> => {
  for (let attempt = 1; ; attempt += 1) {
    const device = await getDevice(needs.database, deviceId);
    const outcome = device && decideTestReport(device, report, nowMs);
    if (!outcome) return;
    try {
      await commit(needs, [putDevice(outcome.device), putDeviceEvent(outcome.event)]);
      return;
    } catch (error) {
      if (!(error instanceof WriteRefused)) throw error;
      if (attempt === attemptsMax) throw contention(error);
    }
  }
};

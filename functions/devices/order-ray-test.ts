/** Orders a test start of Ray from one device, with some up devices of its site to dial. */
import { putCommand } from '../../shared/clusters/command-store.ts';
import { WriteRefused } from '../../shared/core/database.ts';
import type { Device } from '../../shared/devices/device.ts';
import { getDevices, listSiteNeighbours } from '../../shared/devices/device-store.ts';
import { peersMax, testRayCommand } from '../../shared/devices/ray-test.ts';
import type { Runtime } from '../kit/runtime.ts';

/** More than are asked, because some may be down. */
const neighboursMax = 10;

/** Puts the command in the device's box; ordering twice for the same cause is a no-op. */
export const orderRayTest = async (
  needs: Pick<Runtime, 'database'>,
  device: Device,
  nowMs: number,
  /** Told apart where the same device is asked again within an hour. */
  attempt = 1,
): Promise<void> => {
  const ids = await listSiteNeighbours(needs.database, device, neighboursMax);
  const neighbours = await getDevices(needs.database, ids);
  const peers = neighbours.filter(({ status }) => status === 'up').slice(0, peersMax);
  try {
    const command = testRayCommand(device, peers, nowMs, attempt);
    await needs.database.write(putCommand({ deviceId: device.id, command }));
  } catch (error) {
    if (!(error instanceof WriteRefused)) throw error;
  }
};

/** The caller's own device; another tenant's answers exactly like one that does not exist. */
import type { Database } from '../../shared/core/database.ts';
import { AppError } from '../../shared/core/errors.ts';
import type { Device } from '../../shared/devices/device.ts';
import { getDevice } from '../../shared/devices/device-store.ts';
import type { KeyPrincipal } from '../../shared/identity/principal.ts';

/** The device, or `device.not_found`. */
export const requireDevice = async (
  database: Database,
  caller: KeyPrincipal,
  deviceId: string,
): Promise<Device> => {
  const device = await getDevice(database, deviceId);
  if (device?.organisationId !== caller.organisationId) throw new AppError('device.not_found');
  return device;
};

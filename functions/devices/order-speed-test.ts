/**
 * Orders a speed test from one device. One test goes on at a time: while it may still be finished,
 * ordering another is a no-op; a new one takes the place of one that nobody answered, with its command.
 */
import { deleteCommand, putCommand } from '../../shared/clusters/command-store.ts';
import { type Write, WriteRefused } from '../../shared/core/database.ts';
import { newId } from '../../shared/core/ids.ts';
import type { Device } from '../../shared/devices/device.ts';
import { speedPolicyOf } from '../../shared/devices/speed-policy.ts';
import { isUnderWay, newSpeedTest, testSpeedCommand } from '../../shared/devices/speed-test.ts';
import { getSpeedTest, putSpeedTest } from '../../shared/devices/speed-test-store.ts';
import type { Runtime } from '../kit/runtime.ts';
import { commit } from '../kit/transaction.ts';

const secretBytes = 32;

/** Puts test and command, and `beside` in the same transaction; whoever else orders at the same time wins. */
export const orderSpeedTest = async (
  needs: Pick<Runtime, 'database' | 'pause' | 'randomness' | 'stage'>,
  device: Pick<Device, 'id'>,
  nowMs: number,
  beside: readonly Write[] = [],
): Promise<void> => {
  const before = await getSpeedTest(needs.database, device.id);
  if (before && isUnderWay(before, nowMs)) return;
  const policy = speedPolicyOf(needs.stage);
  const made = {
    id: newId('spt', nowMs, needs.randomness),
    commandId: newId('cmd', nowMs, needs.randomness),
    secret: needs.randomness.bytes(secretBytes),
  };
  const test = newSpeedTest(device, made, policy, nowMs);
  try {
    await commit(needs, [
      putSpeedTest(test, before),
      putCommand({ deviceId: device.id, command: testSpeedCommand(test, policy) }),
      ...(before ? [deleteCommand(device.id, before.commandId)] : []),
      ...beside,
    ]);
  } catch (error) {
    if (!(error instanceof WriteRefused)) throw error;
  }
};

/**
 * The last verification of each device in the devices table, changed at the version that was read; and
 * beside it the task token with which its workflow waits to be woken. A token gives no authority: who
 * wakes the workflow only makes it look again.
 */
import * as z from 'zod';
import type { Database, Item, Write } from '../core/database.ts';
import { storedId, wholeNumber } from '../core/field.ts';
import type { Id } from '../core/ids.ts';
import { verificationKey, verificationWaitKey } from './keys.ts';
import { type Verification, verificationStatuses } from './verification.ts';

const stored = z.object({
  device_id: storedId<Id<'dev'>>(),
  state: z.enum(verificationStatuses),
  started_at_ms: wholeNumber,
  ended_at_ms: wholeNumber.optional(),
  speed_tests: wholeNumber,
  ray_tests: wholeNumber,
  ray_ordered_at_ms: wholeNumber.optional(),
  rounds: wholeNumber,
  failed_rounds: wholeNumber,
  failures: wholeNumber,
  retry_from_ms: wholeNumber,
  version: wholeNumber,
});

const parse = (item: Item): Verification => {
  const row = stored.parse(item);
  return {
    deviceId: row.device_id,
    status: row.state,
    startedAtMs: row.started_at_ms,
    endedAtMs: row.ended_at_ms ?? null,
    speedTests: row.speed_tests,
    rayTests: row.ray_tests,
    rayOrderedAtMs: row.ray_ordered_at_ms ?? null,
    rounds: row.rounds,
    failedRounds: row.failed_rounds,
    failures: row.failures,
    retryFromMs: row.retry_from_ms,
    version: row.version,
  };
};

/** Writes a first verification where there is none, a changed or newer one at the version before it. */
export const putVerification = (verification: Verification): Write => ({
  kind: 'put',
  table: 'devices',
  key: verificationKey(verification.deviceId),
  attributes: {
    device_id: verification.deviceId,
    state: verification.status,
    started_at_ms: verification.startedAtMs,
    ended_at_ms: verification.endedAtMs ?? undefined,
    speed_tests: verification.speedTests,
    ray_tests: verification.rayTests,
    ray_ordered_at_ms: verification.rayOrderedAtMs ?? undefined,
    rounds: verification.rounds,
    failed_rounds: verification.failedRounds,
    failures: verification.failures,
    retry_from_ms: verification.retryFromMs,
    version: verification.version,
  },
  condition:
    verification.version === 1
      ? { exists: false }
      : { equals: { version: verification.version - 1 } },
});

/** The device's last verification. */
export const getVerification = async (
  database: Database,
  deviceId: string,
): Promise<Verification | undefined> => {
  const item = await database.get('devices', verificationKey(deviceId));
  return item && parse(item);
};

/** Keeps the newest token; an older one has timed out by then. */
export const putVerificationWait = (deviceId: string, taskToken: string): Write => ({
  kind: 'put',
  table: 'devices',
  key: verificationWaitKey(deviceId),
  attributes: { task_token: taskToken },
  condition: {},
});

/** Forgets the token of the execution before. */
export const deleteVerificationWait = (deviceId: string): Write => ({
  kind: 'delete',
  table: 'devices',
  key: verificationWaitKey(deviceId),
  condition: {},
});

/** The token with which the execution of the last verification waits or waited; undefined before its first wait. */
export const getVerificationWait = async (
  database: Database,
  deviceId: string,
): Promise<string | undefined> => {
  const item = await database.get('devices', verificationWaitKey(deviceId));
  const taskToken = item?.['task_token'];
  return typeof taskToken === 'string' ? taskToken : undefined;
};

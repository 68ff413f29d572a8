/**
 * Speed tests in the devices table: each device has its last one. A newer test takes the place of an
 * older one, and every write holds only for the test and the exchange that were read.
 */
import * as z from 'zod';
import type { Database, Item, Write } from '../core/database.ts';
import { storedId, wholeNumber } from '../core/field.ts';
import type { Id } from '../core/ids.ts';
import { speedTestKey } from './keys.ts';
import { type SpeedTest, speedTestStatuses } from './speed-test.ts';

const stored = z.object({
  id: storedId<Id<'spt'>>(),
  device_id: storedId<Id<'dev'>>(),
  command_id: storedId<Id<'cmd'>>(),
  secret: z.string(),
  state: z.enum(speedTestStatuses),
  exchange: wholeNumber,
  answered_at_ms: wholeNumber,
  round_trip_ms: wholeNumber.optional(),
  down_ms: wholeNumber.optional(),
  up_ms: wholeNumber.optional(),
  created_at_ms: wholeNumber,
  expires_at_ms: wholeNumber,
});

const parse = (item: Item): SpeedTest => {
  const row = stored.parse(item);
  return {
    id: row.id,
    deviceId: row.device_id,
    commandId: row.command_id,
    secret: row.secret,
    status: row.state,
    number: row.exchange,
    answeredAtMs: row.answered_at_ms,
    roundTripMs: row.round_trip_ms ?? null,
    downMs: row.down_ms ?? null,
    upMs: row.up_ms ?? null,
    createdAtMs: row.created_at_ms,
    expiresAtMs: row.expires_at_ms,
  };
};

/** Writes the test in place of `before`, an older test or itself; undefined where there was none. */
export const putSpeedTest = (test: SpeedTest, before: SpeedTest | undefined): Write => ({
  kind: 'put',
  table: 'devices',
  key: speedTestKey(test.deviceId),
  attributes: {
    id: test.id,
    device_id: test.deviceId,
    command_id: test.commandId,
    secret: test.secret,
    state: test.status,
    exchange: test.number,
    answered_at_ms: test.answeredAtMs,
    round_trip_ms: test.roundTripMs ?? undefined,
    down_ms: test.downMs ?? undefined,
    up_ms: test.upMs ?? undefined,
    created_at_ms: test.createdAtMs,
    expires_at_ms: test.expiresAtMs,
  },
  condition: before
    ? { equals: { id: before.id, exchange: before.number, state: before.status } }
    : { exists: false },
});

/** The device's last speed test. */
export const getSpeedTest = async (
  database: Database,
  deviceId: string,
): Promise<SpeedTest | undefined> => {
  const item = await database.get('devices', speedTestKey(deviceId));
  return item && parse(item);
};

/**
 * Presence items, one per device, in a table of their own, because they change with every heartbeat. A
 * heartbeat in an unbroken run is one conditional update; every other change replaces the item under the
 * condition that nobody else did.
 */
import * as z from 'zod';
import type { Condition, Database, Item, Write } from '../core/database.ts';
import { wholeNumber } from '../core/field.ts';
import { hourMs, secondMs } from '../core/time.ts';
import { connectionKey, presenceKey } from './keys.ts';
import { type Presence, runGapMsMax } from './presence.ts';

const stored = z.object({
  connection_id: z.string().optional(),
  connected_at_ms: wholeNumber,
  run_started_ms: wholeNumber,
  last_seen_ms: wholeNumber,
  closed: z.record(z.string(), wholeNumber),
  declared: z.enum(['down', 'inactive']).optional(),
  stray_count: wholeNumber,
  strays_since_ms: wholeNumber,
});

const parse = (item: Item): Presence => {
  const row = stored.parse(item);
  return {
    connectionId: row.connection_id ?? null,
    connectedAtMs: row.connected_at_ms,
    runStartedMs: row.run_started_ms,
    lastSeenMs: row.last_seen_ms,
    closed: row.closed,
    declared: row.declared ?? null,
    strays: { count: row.stray_count, sinceMs: row.strays_since_ms },
  };
};

const deviceIdOf = (item: Item): string => item.pk.slice('DEV#'.length);

/**
 * One heartbeat: a single update without a read. Holds while the sender is the device's current
 * connection (null: a signed request, which needs none) and the run is unbroken; when refused,
 * `functions/devices/record-heartbeat.ts` looks closer.
 */
export const heartbeatWrite = (
  deviceId: string,
  connectionId: string | null,
  nowMs: number,
): Write => ({
  kind: 'update',
  table: 'presence',
  key: presenceKey(deviceId),
  set: { last_seen_ms: nowMs },
  condition: {
    ...(connectionId === null ? {} : { equals: { connection_id: connectionId } }),
    atLeast: { last_seen_ms: nowMs - runGapMsMax },
    missing: ['declared'],
  },
});

/** Writes the presence; holds while the item is what `before` was read as (undefined: absent). */
export const putPresence = (
  deviceId: string,
  before: Presence | undefined,
  after: Presence,
): Write => ({
  kind: 'put',
  table: 'presence',
  key: presenceKey(deviceId),
  attributes: {
    connection_id: after.connectionId ?? undefined,
    connected_at_ms: after.connectedAtMs,
    run_started_ms: after.runStartedMs,
    last_seen_ms: after.lastSeenMs,
    closed: after.closed,
    declared: after.declared ?? undefined,
    stray_count: after.strays.count,
    strays_since_ms: after.strays.sinceMs,
  },
  condition: before === undefined ? { exists: false } : unchangedSince(before),
});

/** Every writer moves one of these, so that equal means untouched. */
const unchangedSince = (before: Presence): Condition => {
  const missing = [
    ...(before.connectionId === null ? ['connection_id'] : []),
    ...(before.declared === null ? ['declared'] : []),
  ];
  return {
    equals: {
      last_seen_ms: before.lastSeenMs,
      run_started_ms: before.runStartedMs,
      stray_count: before.strays.count,
      ...(before.connectionId === null ? {} : { connection_id: before.connectionId }),
      ...(before.declared === null ? {} : { declared: before.declared }),
    },
    ...(missing.length > 0 ? { missing } : {}),
  };
};

/** Forgets the connection, if it is still the device's current one. */
export const clearConnection = (deviceId: string, connectionId: string): Write => ({
  kind: 'update',
  table: 'presence',
  key: presenceKey(deviceId),
  remove: ['connection_id'],
  condition: { equals: { connection_id: connectionId } },
});

/** Lets the sweep look at the device again, whatever it had declared. */
export const forgetDeclared = (deviceId: string): Write => ({
  kind: 'update',
  table: 'presence',
  key: presenceKey(deviceId),
  remove: ['declared'],
  condition: { exists: true },
});

/** Ends the presence of a device that is gone for good. */
export const deletePresence = (deviceId: string): Write => ({
  kind: 'delete',
  table: 'presence',
  key: presenceKey(deviceId),
  condition: {},
});

/** The device's presence. */
export const getPresence = async (
  database: Database,
  deviceId: string,
): Promise<Presence | undefined> => {
  const item = await database.get('presence', presenceKey(deviceId));
  return item && parse(item);
};

/** Presence by device id; devices without one are left out. */
export const getPresences = async (
  database: Database,
  deviceIds: readonly string[],
): Promise<ReadonlyMap<string, Presence>> => {
  const found = new Map<string, Presence>();
  for (let start = 0; start < deviceIds.length; start += 100) {
    const keys = deviceIds.slice(start, start + 100).map(presenceKey);
    for (const item of await database.getMany('presence', keys)) {
      found.set(deviceIdOf(item), parse(item));
    }
  }
  return found;
};

/** One page of a segment of all presence items. */
export const scanPresence = async (
  database: Database,
  segment: { readonly index: number; readonly count: number; readonly cursor?: string | undefined },
) => {
  const page = await database.scan('presence', segment);
  return {
    found: page.items.map((item) => ({ deviceId: deviceIdOf(item), presence: parse(item) })),
    next: page.next,
  };
};

/** API Gateway ends every connection after two hours. */
const connectionKeptMs = 3 * hourMs;

/** Remembers whose connection it is. */
export const putConnection = (connectionId: string, deviceId: string, nowMs: number): Write => ({
  kind: 'put',
  table: 'requests',
  key: connectionKey(connectionId),
  attributes: {
    device_id: deviceId,
    expires_at_s: Math.floor((nowMs + connectionKeptMs) / secondMs),
  },
  condition: { exists: false },
});

/** Whose connection it is, or undefined. */
export const getConnectionDevice = async (
  database: Database,
  connectionId: string,
): Promise<string | undefined> => {
  const item = await database.get('requests', connectionKey(connectionId));
  const deviceId = item?.['device_id'];
  return typeof deviceId === 'string' ? deviceId : undefined;
};

/** Forgets whose connection it was. */
export const deleteConnection = (connectionId: string): Write => ({
  kind: 'delete',
  table: 'requests',
  key: connectionKey(connectionId),
  condition: {},
});

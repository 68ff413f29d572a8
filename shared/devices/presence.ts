/**
 * Presence: when a device was last heard and how long it has been up without a gap. A heartbeat in an
 * unbroken run moves one number; everything else that is known follows from it: minutes up per hour for
 * the last 48 hours, loss. A run ends at the last heartbeat before a gap, never later, so a
 * minute that nobody saw is never counted.
 */

import { hiredHeartbeatSeconds, idleHeartbeatSeconds } from '../clusters/agent-protocol.ts';
import { assert } from '../core/assert.ts';
import { hourMs, hourOf, minuteMs, secondMs } from '../core/time.ts';

export interface Presence {
  /** The socket connection that speaks for the device; null while it has none. */
  readonly connectionId: string | null;
  readonly connectedAtMs: number;
  /** When the unbroken run began that the last heartbeat belongs to. */
  readonly runStartedMs: number;
  readonly lastSeenMs: number;
  /** Milliseconds up by hour (hours since the epoch), of the runs before this one; 48 hours at most. */
  readonly closed: Readonly<Record<string, number>>;
  /** What its silence led to; the next heartbeat clears it. */
  readonly declared: 'down' | 'inactive' | null;
  /** Messages from other connections of this device than the current one, since that time. */
  readonly strays: { readonly count: number; readonly sinceMs: number };
}

/** Silence that does not end a run: two heartbeats missed at the idle interval, and half a minute. */
export const runGapMsMax = (2 * idleHeartbeatSeconds + 30) * secondMs;
/** Hours for which closed runs are remembered. */
export const rememberedHours = 48;
const lostAfterMissed = 4;
/** Silence after which a device that is down counts as inactive. */
export const inactiveAfterMs = 5 * 24 * hourMs;

/** Presence of a device that is heard for the first time. */
export const firstPresence = (connectionId: string | null, nowMs: number): Presence => ({
  connectionId,
  connectedAtMs: nowMs,
  runStartedMs: nowMs,
  lastSeenMs: nowMs,
  closed: {},
  declared: null,
  strays: { count: 0, sinceMs: nowMs },
});

/** Whether the device has spoken since it registered, which itself counts as heard. */
export const hasConnected = (
  presence: Presence | undefined,
  device: { readonly createdAtMs: number },
): boolean =>
  presence !== undefined &&
  (presence.connectionId !== null || presence.lastSeenMs > device.createdAtMs);

/** Milliseconds that [fromMs, toMs) and the hour have in common. */
const overlapMs = (fromMs: number, toMs: number, hour: number): number =>
  Math.max(0, Math.min(toMs, (hour + 1) * hourMs) - Math.max(fromMs, hour * hourMs));

/** The ring with the run [runStartedMs, lastSeenMs) added, and what is older than 48 hours left out. */
const withRun = (presence: Presence, nowMs: number): Readonly<Record<string, number>> => {
  const { runStartedMs, lastSeenMs } = presence;
  const oldest = hourOf(nowMs) - rememberedHours + 1;
  const kept: Record<string, number> = {};
  for (let hour = oldest; hour <= hourOf(nowMs); hour += 1) {
    const ms = (presence.closed[hour] ?? 0) + overlapMs(runStartedMs, lastSeenMs, hour);
    assert(ms <= hourMs, `an hour with ${ms} ms`);
    if (ms > 0) kept[hour] = ms;
  }
  return kept;
};

/** Whether a heartbeat at this time belongs to the run of the last one. */
export const continuesRun = (presence: Presence, nowMs: number): boolean =>
  presence.declared === null && nowMs - presence.lastSeenMs <= runGapMsMax;

/** The presence after the device was heard: the same run, or a new one with the old one closed. */
export const heard = (presence: Presence, nowMs: number): Presence => {
  // Clocks of two functions may differ a little; a run never grows backwards.
  const lastSeenMs = Math.max(nowMs, presence.lastSeenMs);
  if (continuesRun(presence, nowMs)) return { ...presence, lastSeenMs };
  return {
    ...presence,
    declared: null,
    closed: withRun(presence, lastSeenMs),
    runStartedMs: lastSeenMs,
    lastSeenMs,
  };
};

/** The presence after the device opened a connection, which replaces the one before. */
export const connected = (presence: Presence, connectionId: string, nowMs: number): Presence => ({
  ...heard(presence, nowMs),
  connectionId,
  connectedAtMs: nowMs,
});

/** For this long after a new connection, messages on the old one are stragglers and mean nothing. */
export const straggleMsMax = 2 * hiredHeartbeatSeconds * secondMs;
const strayWindowMs = 30 * minuteMs;
/** That many strays within half an hour: two machines speak with one key. */
export const straysMax = 3;

/**
 * What a message means that came through another of the device's connections than the current one. A
 * planned reconnect leaves one straggler at most, and happens every 90 minutes; two machines with the
 * same key go on for ever. If the current connection has never spoken, the sender takes its place:
 * openings that overtook each other heal so.
 */
export const decideStray = (
  presence: Presence,
  connectionId: string,
  nowMs: number,
): {
  readonly outcome: 'ignored' | 'refused' | 'taken_over' | 'in_use_twice';
  readonly presence: Presence;
} => {
  const currentSpoke = presence.lastSeenMs > presence.connectedAtMs;
  if (nowMs - presence.connectedAtMs < straggleMsMax) return { outcome: 'ignored', presence };
  const recent = nowMs - presence.strays.sinceMs <= strayWindowMs;
  const strays = recent
    ? { ...presence.strays, count: presence.strays.count + 1 }
    : { count: 1, sinceMs: nowMs };
  if (strays.count >= straysMax) {
    const silenced = { ...presence, connectionId: null, declared: 'down' as const, strays };
    return { outcome: 'in_use_twice', presence: silenced };
  }
  if (currentSpoke) return { outcome: 'refused', presence: { ...presence, strays } };
  return {
    outcome: 'taken_over',
    presence: { ...connected(presence, connectionId, nowMs), strays },
  };
};

/** Whole minutes that the device was seen up in the hour (hours since the epoch): 0 to 60. */
export const minutesUp = (presence: Presence, hour: number): number => {
  const running = overlapMs(presence.runStartedMs, presence.lastSeenMs, hour);
  return Math.floor(((presence.closed[hour] ?? 0) + running) / minuteMs);
};

/**
 * Four heartbeats missed: a minute where a node runs on the device, twenty minutes where none does.
 * `nodeSinceMs` is when that node's state last changed, null without one. Being hired is not enough: the
 * agent speaks every 15 seconds from its node's start to its end, and a worker that waits for its head,
 * or whose node has ended, is as quiet as an idle device. From its state's change on it is fast, so the
 * silence before that does not count.
 */
export const isLost = (presence: Presence, nodeSinceMs: number | null, nowMs: number): boolean => {
  const intervalSeconds = nodeSinceMs === null ? idleHeartbeatSeconds : hiredHeartbeatSeconds;
  const silentSinceMs = Math.max(presence.lastSeenMs, nodeSinceMs ?? 0);
  return nowMs - silentSinceMs >= lostAfterMissed * intervalSeconds * secondMs;
};

/** What the device's silence leads to now; undefined while it leads to nothing new. */
export const decideSilence = (
  presence: Presence,
  nodeSinceMs: number | null,
  nowMs: number,
): 'down' | 'inactive' | undefined => {
  if (presence.declared === null) return isLost(presence, nodeSinceMs, nowMs) ? 'down' : undefined;
  if (presence.declared === 'inactive') return undefined;
  return nowMs - presence.lastSeenMs >= inactiveAfterMs ? 'inactive' : undefined;
};

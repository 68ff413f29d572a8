/**
 * Notices silence: once a minute all presence items are scanned in segments, and the hired devices, whose
 * heartbeats come much faster while a node runs on them, are looked at one by one. A device that is lost
 * goes down, one that stays away for five days is inactive; the evidence is when it was last heard.
 */
import { isRunning } from '../../shared/clusters/node.ts';
import { getNode } from '../../shared/clusters/node-store.ts';
import { type Write, WriteRefused } from '../../shared/core/database.ts';
import { isoOf } from '../../shared/core/time.ts';
import type { Device } from '../../shared/devices/device.ts';
import {
  getDevice,
  listHiredDevices,
  transitionDevice,
} from '../../shared/devices/device-store.ts';
import { statusAfter } from '../../shared/devices/lifecycle.ts';
import { decideSilence, type Presence } from '../../shared/devices/presence.ts';
import {
  deletePresence,
  getPresence,
  getPresences,
  putPresence,
  scanPresence,
} from '../../shared/devices/presence-store.ts';
import type { Runtime } from '../kit/runtime.ts';
import { forEachDue, type TaskOutcome } from '../kit/schedule.ts';
import { commit } from '../kit/transaction.ts';

const segments = 4;
/** Pages of up to 1 MB each, per segment. */
const pagesMax = 500;

export const sweepPresence = async (needs: Runtime): Promise<TaskOutcome> => {
  const nowMs = needs.clock.nowMs();
  const found = await Promise.all([
    silentHired(needs, nowMs),
    ...Array.from({ length: segments }, (_, index) => silentInSegment(needs, index, nowMs)),
  ]);
  const silent = [...new Set(found.flat())];
  return forEachDue(needs, silent, (deviceId) => declareSilence(needs, deviceId, nowMs));
};

const silentHired = async (needs: Runtime, nowMs: number): Promise<readonly string[]> => {
  const devices = await listHiredDevices(needs.database);
  const presences = await getPresences(
    needs.database,
    devices.map(({ id }) => id),
  );
  const silent: string[] = [];
  for (const device of devices) {
    const presence = presences.get(device.id);
    // Few hired devices have been quiet for a minute; only theirs are the nodes that are read.
    const quiet = presence && decideSilence(presence, presence.lastSeenMs, nowMs) !== undefined;
    if (!quiet) continue;
    const nodeSinceMs = await runningNodeSinceMs(needs, device);
    if (decideSilence(presence, nodeSinceMs, nowMs) !== undefined) silent.push(device.id);
  }
  return silent;
};

/** Since when the node that the device was hired for is in its state; null unless it runs. */
const runningNodeSinceMs = async (
  { database }: Pick<Runtime, 'database'>,
  { hiredBy, hiredNode }: Device,
): Promise<number | null> => {
  const node = hiredBy && hiredNode ? await getNode(database, hiredBy, hiredNode) : undefined;
  return node && isRunning(node.status) ? node.changedAtMs : null;
};

/** Devices of a segment that are silent even for an idle device. */
const silentInSegment = async (
  needs: Runtime,
  index: number,
  nowMs: number,
): Promise<readonly string[]> => {
  const silent: string[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < pagesMax; page += 1) {
    const { found, next } = await scanPresence(needs.database, { index, count: segments, cursor });
    for (const { deviceId, presence } of found) {
      if (decideSilence(presence, null, nowMs) !== undefined) silent.push(deviceId);
    }
    cursor = next;
    if (cursor === undefined) break;
  }
  return silent;
};

/** Looks again, at the items themselves, and writes; a heartbeat that came meanwhile wins. */
const declareSilence = async (needs: Runtime, deviceId: string, nowMs: number): Promise<void> => {
  const [device, presence] = await Promise.all([
    getDevice(needs.database, deviceId),
    getPresence(needs.database, deviceId),
  ]);
  if (!presence) return;
  const writes = device
    ? silenceWrites(device, presence, await runningNodeSinceMs(needs, device), nowMs)
    : [deletePresence(deviceId)];
  if (writes.length === 0) return;
  try {
    await commit(needs, writes);
  } catch (error) {
    // The device spoke or changed; the next sweep, a minute from now, judges afresh.
    if (!(error instanceof WriteRefused)) throw error;
  }
};

const silenceWrites = (
  device: Device,
  presence: Presence,
  nodeSinceMs: number | null,
  nowMs: number,
): readonly Write[] => {
  const declared = decideSilence(presence, nodeSinceMs, nowMs);
  if (declared === undefined) return [];
  const noted = putPresence(device.id, presence, { ...presence, declared });
  const reason = declared === 'down' ? 'heartbeat_lost' : 'silent_for_five_days';
  // A paused or blocked device stays what it is, silent or not.
  if (statusAfter(device.status, reason) === undefined) return [noted];
  const evidence = { last_seen_at: isoOf(presence.lastSeenMs) };
  const moved = transitionDevice(device, { reason, actor: 'platform', evidence }, nowMs);
  return [noted, ...moved.writes];
};

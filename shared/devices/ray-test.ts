/**
 * Test starts of Ray: who needs one, the command that orders it, and what its report changes. A test is
 * passed when Ray started, answered and stopped; whether the registered address can be dialled is said
 * beside it. Which peers answered is kept as evidence: a silent peer is not the tested device's fault.
 */
import type { TestRayCommand, TestReport } from '../clusters/agent-protocol.ts';
import { sha256Hex } from '../core/hash.ts';
import { type Id, newId } from '../core/ids.ts';
import { hourMs, hourOf, isoOf, secondMs } from '../core/time.ts';
import { changed, type Device, mayBeTested, needsRayTest, withoutFailure } from './device.ts';
import type { DeviceEvent } from './device-event.ts';
import { eventOf, transition } from './lifecycle.ts';

/** A test is repeated at this age, four hours before it stops to count. */
export const retestAfterMs = 20 * hourMs;
/** Devices of the site that a tested device is told to dial. */
export const peersMax = 3;

/**
 * Whether a test should be ordered at once: there is none, or it is from too long ago. A test that just
 * failed is repeated by the hour, not at once.
 */
export const isTestOutdated = (device: Device, nowMs: number): boolean =>
  mayBeTested(device) &&
  (device.rayTestedAtMs === null || nowMs - device.rayTestedAtMs >= retestAfterMs);

/** Whether a test should be ordered this hour: it is outdated, or the last one failed. */
export const wantsRayTest = (device: Device, nowMs: number): boolean =>
  isTestOutdated(device, nowMs) || (mayBeTested(device) && needsRayTest(device));

/**
 * The order of one test. Its id follows from the device's version, the hour and the attempt, so that
 * ordering again for the same cause is a no-op.
 */
export const testRayCommand = (
  device: Device,
  peers: readonly Device[],
  nowMs: number,
  attempt = 1,
): TestRayCommand => ({
  command_id: testCommandId(device, nowMs, attempt),
  issued_at: isoOf(nowMs),
  kind: 'test_ray',
  peers: peers.slice(0, peersMax).map((peer) => ({
    public_id: peer.publicId,
    address: peer.address,
    port: peer.agentPort,
  })),
});

const testCommandId = (device: Device, nowMs: number, attempt: number): Id<'cmd'> => {
  const cause = `test_ray ${device.id} ${device.version} ${attempt}`;
  const digest = Buffer.from(sha256Hex(cause), 'hex');
  return newId('cmd', hourOf(nowMs) * hourMs, { bytes: (count) => digest.subarray(0, count) });
};

/**
 * The device and the event after a report; undefined where a report changes nothing any more, because
 * the device was hired or terminated meanwhile. A passed test brings a device up whose last node could
 * not be confirmed to have stopped.
 */
export const decideTestReport = (
  device: Device,
  report: TestReport,
  nowMs: number,
): { readonly device: Device; readonly event: DeviceEvent } | undefined => {
  if (device.hiredBy !== null || device.status === 'terminated') return undefined;
  const reason = report.passed ? 'ray_test_passed' : 'ray_test_failed';
  const proves = device.status === 'down' && device.statusReason === 'stop_unconfirmed';
  const after = changed(device, {
    ...(report.passed && proves ? transition(device, 'ray_test_passed') : {}),
    rayTestedAtMs: nowMs,
    rayTestPassed: report.passed,
    addressReachable: report.address_reachable,
    ...(report.passed && report.address_reachable ? withoutFailure(device, 'ray_test') : {}),
    rayVersion: report.ray_version ?? device.rayVersion,
    pythonVersion: report.python_version ?? device.pythonVersion,
  });
  const evidence = {
    milliseconds: Math.round(report.seconds * secondMs),
    address_reachable: report.address_reachable,
    peers_reached: report.peers_reached.length,
    detail: report.detail,
  };
  const cause = { reason, actor: device.id, evidence } as const;
  const event = eventOf('device.ray_tested', { from: device.status, after }, cause, nowMs);
  return { device: after, event };
};

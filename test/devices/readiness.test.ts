/** Readiness: each check says what is required, what is, and what to do about it. */
import { hourMs, minuteMs } from '../../shared/core/time.ts';
import type { Device } from '../../shared/devices/device.ts';
import { firstPresence } from '../../shared/devices/presence.ts';
import { readinessOf } from '../../shared/devices/readiness.ts';
import { startMs } from '../support/runtime.ts';
import { aDevice, hired } from './builders.ts';

const presence = firstPresence('a', startMs);
const failing = (device: Device, seen: typeof presence | undefined = presence, nowMs = startMs) =>
  readinessOf(device, seen, nowMs)
    .checklist.filter(({ passed }) => !passed)
    .map(({ check }) => check);

describe('readiness', () => {
  it('is cluster_ready when every check passes, and then names no remedy', () => {
    const { state, checklist } = readinessOf(aDevice(1), presence, startMs);
    expect(state).toBe('cluster_ready');
    expect(checklist.map(({ remedy }) => remedy)).toEqual([null, null, null, null, null]);
  });

  it.each<[string, Partial<Device>, string[]]>([
    ['ray_test', { rayTestedAtMs: null }, ['ray_test']],
    ['ray_test', { rayTestedAtMs: startMs - 24 * hourMs }, ['ray_test']],
    ['ray_test', { rayTestPassed: false }, ['ray_test']],
    ['address_reachable', { addressReachable: false }, ['address_reachable']],
    ['status', { status: 'down', statusReason: 'stop_unconfirmed' }, ['status']],
  ])('is pending when %s fails (%j)', (_, changes, checks) => {
    const device = aDevice(1, changes);
    expect(readinessOf(device, presence, startMs).state).toBe('pending');
    expect(failing(device)).toEqual(checks);
    const failed = readinessOf(device, presence, startMs).checklist.find(({ passed }) => !passed);
    expect(failed?.remedy).toEqual(expect.any(String));
  });

  it('is pending while the agent is not heard', () => {
    expect(failing(aDevice(1), presence, startMs + 20 * minuteMs)).toEqual(['agent_connected']);
    expect(failing(aDevice(1), { ...presence, declared: 'down' })).toEqual(['agent_connected']);
    expect(readinessOf(aDevice(1), undefined, startMs).state).toBe('pending');
  });

  it.each([
    'paused',
    'blocked',
    'inactive',
    'terminated',
    'unsupported',
    'restart_required',
  ] as const)('is not_reward_ready while the device is %s', (status) => {
    expect(readinessOf(aDevice(1, { status }), presence, startMs).state).toBe('not_reward_ready');
  });

  it('is hired whatever else is wrong', () => {
    const device = aDevice(1, { ...hired, status: 'down' });
    expect(readinessOf(device, presence, startMs).state).toBe('hired');
  });
});

/** Readiness: each check says what is required, what is, and what to do about it. */
import { hourMs, minuteMs } from '../../shared/core/time.ts';
import { type Device, failedCheck, verifyFailures } from '../../shared/devices/device.ts';
import { firstPresence } from '../../shared/devices/presence.ts';
import { readinessOf } from '../../shared/devices/readiness.ts';
import { startMs } from '../support/runtime.ts';
import { aDevice, hired } from './builders.ts';

const presence = firstPresence('a', startMs);
const unmeasured = { connectivityTier: null, speedTestedAtMs: null, downKbps: null, upKbps: null };
const unproved = { provedAtMs: null, provedGops: null };
const failing = (device: Device, seen: typeof presence | undefined = presence, nowMs = startMs) =>
  readinessOf(device, seen, nowMs)
    .checklist.filter(({ passed }) => !passed)
    .map(({ check }) => check);

describe('readiness', () => {
  it('is cluster_ready when every check passes, and then names no remedy', () => {
    const { state, checklist } = readinessOf(aDevice(1), presence, startMs);
    expect(state).toBe('cluster_ready');
    expect(checklist.map(({ check, remedy }) => [check, remedy])).toEqual([
      ['hardware_recognised', null],
      ['agent_connected', null],
      ['connectivity_tier', null],
      ['processors_proved', null],
      ['ray_test', null],
      ['address_reachable', null],
      ['status', null],
    ]);
  });

  it.each<[string, Partial<Device>, string[]]>([
    ['connectivity_tier', unmeasured, ['connectivity_tier']],
    ['connectivity_tier', { connectivityTier: 0 }, ['connectivity_tier']],
    ['connectivity_tier', { speedTestedAtMs: startMs - 24 * hourMs }, ['connectivity_tier']],
    ['processors_proved', unproved, ['processors_proved']],
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

describe('the words of readiness', () => {
  const checkOf = (name: string, changes: Partial<Device>) => {
    const { checklist } = readinessOf(aDevice(1, changes), presence, startMs);
    return checklist.find(({ check }) => check === name);
  };

  it('say what was measured of the line, and what is asked', () => {
    expect(checkOf('connectivity_tier', {})).toMatchObject({
      required: 'speed class 1 or faster, measured within the last 24 hours',
      actual:
        'class 2: at least 512 Mbit/s down and 310 Mbit/s up, measured 2026-11-22T11:59:00.000Z',
    });
    expect(checkOf('connectivity_tier', unmeasured)?.actual).toBe('not measured yet');
  });

  it('say what the processors reached, where that was measured', () => {
    expect(checkOf('processors_proved', {})).toMatchObject({
      required: 'a full proof of 1 x x86-64 CPU, all at once',
      actual: 'proved 2026-11-22T11:59:00.000Z, 0.45 TOPS measured',
    });
    expect(checkOf('processors_proved', { provedGops: null })?.actual).toBe(
      'proved 2026-11-22T11:59:00.000Z, nothing to measure it by',
    );
    expect(checkOf('processors_proved', unproved)?.actual).toBe('not proved');
  });

  it.each(verifyFailures.filter((failure) => failure !== 'platform_fault'))(
    'say what to do after %s at its own check, and at no other',
    (verifyFailure) => {
      const missing = { ...unmeasured, ...unproved, rayTestedAtMs: null, verifyFailure };
      const told = ['connectivity_tier', 'processors_proved'].filter((name) =>
        checkOf(name, missing)?.remedy?.startsWith('Last time '),
      );
      const own = {
        speed_test: ['connectivity_tier'],
        proofs: ['processors_proved'],
        ray_test: [],
      };
      expect(told).toEqual(own[failedCheck[verifyFailure] ?? 'ray_test']);
    },
  );

  it('say from when a device may prove itself after a forgery, and that the third one is the last', () => {
    const waiting = checkOf('processors_proved', { ...unproved, verifyFromMs: startMs + hourMs });
    expect(waiting?.remedy).toContain('from 2026-11-22T13:00:00.000Z on');
    const blocked = checkOf('status', { status: 'blocked', statusReason: 'proof_fraud' });
    expect(blocked?.remedy).toBe(
      'It forged proofs three times within thirty days, and stays blocked.',
    );
  });
});

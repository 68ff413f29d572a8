/** The statuses of a device: the table's moves, and that every other pair is refused. */
import { AppError } from '../../shared/core/errors.ts';
import {
  assertDevice,
  changed,
  type Device,
  type DeviceStatus,
  deviceStatuses,
  isOffered,
  rayTestValidMs,
  speedTestValidMs,
  standingOf,
} from '../../shared/devices/device.ts';
import { offerAttributes } from '../../shared/devices/keys.ts';
import { statusAfter, type TransitionReason, transition } from '../../shared/devices/lifecycle.ts';
import { startMs } from '../support/runtime.ts';
import { aDevice, hired } from './builders.ts';

const moves: Readonly<Record<TransitionReason, readonly string[]>> = {
  heartbeat_lost: ['up>down', 'restart_required>down'],
  heartbeat_returned: ['down>up', 'inactive>up'],
  silent_for_five_days: ['down>inactive'],
  stop_unconfirmed: ['up>down', 'down>down', 'restart_required>down'],
  ray_test_passed: ['down>up'],
  key_in_use_twice: [
    'up>blocked',
    'down>blocked',
    'paused>blocked',
    'restart_required>blocked',
    'unsupported>blocked',
    'inactive>blocked',
  ],
  proof_fraud: [
    'up>blocked',
    'down>blocked',
    'paused>blocked',
    'restart_required>blocked',
    'unsupported>blocked',
    'inactive>blocked',
  ],
  paused_by_supplier: ['up>paused', 'down>paused'],
  resumed_by_supplier: ['paused>up'],
  terminated_by_supplier: [
    'up>terminated',
    'down>terminated',
    'paused>terminated',
    'blocked>terminated',
    'restart_required>terminated',
    'unsupported>terminated',
    'inactive>terminated',
  ],
};
const reasons = Object.keys(moves) as TransitionReason[];

describe('transition', () => {
  it.each(reasons)('%s moves exactly what the table says', (reason) => {
    const found = deviceStatuses.flatMap((status) => {
      const to = statusAfter(status, reason);
      return to === undefined ? [] : [`${status}>${to}`];
    });
    expect(found).toEqual(moves[reason]);
  });

  it('refuses a pair that the table does not name, and says both', () => {
    const terminated = aDevice(1, { status: 'terminated' });
    expect(() => transition(terminated, 'heartbeat_returned')).toThrow(AppError);
    expect(() => transition(terminated, 'heartbeat_returned')).toThrow(
      'A device that is terminated cannot come back by a heartbeat.',
    );
  });

  it('refuses the end of a hired device', () => {
    const device = aDevice(1, hired);
    expect(() => transition(device, 'terminated_by_supplier')).toThrow(
      expect.objectContaining({ code: 'device.hired' }),
    );
  });
});

describe('where the index lists a device', () => {
  it.each<[string, Partial<Device>]>([
    ['offered', {}],
    ['hired', hired],
    ['hired', { ...hired, status: 'down' }],
    ['hired', { ...hired, status: 'paused' }],
    ['untested', { rayTestedAtMs: null }],
    ['untested', { rayTestPassed: false }],
    ['untested', { addressReachable: false }],
    ['untested', { connectivityTier: 0 }],
    ['untested', { connectivityTier: null, speedTestedAtMs: null, downKbps: null, upKbps: null }],
    ['untested', { provedAtMs: null, provedGops: null }],
    ['untested', { status: 'down', statusReason: 'stop_unconfirmed', rayTestedAtMs: null }],
    ['none', { status: 'down', statusReason: 'heartbeat_lost' }],
    ['none', { status: 'paused' }],
    ['none', { status: 'blocked' }],
    ['none', { status: 'terminated' }],
  ])('is %s for %j', (standing, changes) => {
    expect(standingOf(aDevice(1, changes))).toBe(standing);
  });

  it('offers nothing whose Ray test is a day old, or whose speed test is', () => {
    const tested = aDevice(1, { rayTestedAtMs: startMs + 1, speedTestedAtMs: startMs + 1 });
    for (const [older, validMs] of [
      [{ rayTestedAtMs: startMs }, rayTestValidMs],
      [{ speedTestedAtMs: startMs }, speedTestValidMs],
    ] as const) {
      const device = { ...tested, ...older };
      expect(isOffered(device, startMs + validMs - 1)).toBe(true);
      expect(isOffered(device, startMs + validMs)).toBe(false);
    }
  });

  it('sorts offers by the older one of their tests', () => {
    const of = (rayTestedAtMs: number, speedTestedAtMs: number) =>
      offerAttributes(aDevice(1, { rayTestedAtMs, speedTestedAtMs })).offer_sk;
    expect(of(startMs, startMs - 5)).toBe(of(startMs - 5, startMs));
    expect((of(startMs, startMs - 5) ?? '') < (of(startMs - 4, startMs) ?? '')).toBe(true);
  });
});

describe('a device', () => {
  it.each<[string, Partial<Device>]>([
    ['hired without a node', { hiredBy: hired.hiredBy ?? null }],
    ['terminated while hired', { ...hired, status: 'terminated' }],
    ['GPU indexes', { processorKind: 'gpu' }],
    ['no processor', { processorCount: 0 }],
  ])('cannot be %s', (message, changes) => {
    expect(() => assertDevice(aDevice(1, changes))).toThrow(message);
  });

  it('gains a version with every change', () => {
    const status: DeviceStatus = 'paused';
    expect(changed(aDevice(1, { version: 7 }), { status }).version).toBe(8);
  });
});

/** What proofs make of a device: proved by all of its processors, struck for a forgery, blocked at last. */
import { commit } from '../../functions/kit/transaction.ts';
import type { Write } from '../../shared/core/database.ts';
import { dayMs, hourMs } from '../../shared/core/time.ts';
import type { Device } from '../../shared/devices/device.ts';
import { attributesOf } from '../../shared/devices/device-item.ts';
import { getDevice, putNewDevice } from '../../shared/devices/device-store.ts';
import { deviceKey } from '../../shared/devices/keys.ts';
import {
  type ProcessorProof,
  withFailedAcceptance,
  withProof,
  withStrike,
} from '../../shared/devices/proved.ts';
import { startMs, testRuntime } from '../support/runtime.ts';
import { aDevice } from './builders.ts';

const unproved = aDevice(1, {
  provedAtMs: null,
  provedGops: null,
  verifyFromMs: startMs,
  processorKind: 'gpu',
  processorCount: 2,
  gpuIndexes: [0, 1],
});
const passed = (atMs: number, gops: number | null = 300): ProcessorProof => ({
  lastFullPassAtMs: atMs,
  gops,
});

describe('withProof', () => {
  it('proves a device with the sum of what its processors reached', () => {
    const change = withProof(unproved, [passed(startMs), passed(startMs + 1, 120)], startMs + 2);
    expect(change?.device).toMatchObject({
      provedAtMs: startMs + 2,
      provedGops: 420,
      version: unproved.version + 1,
    });
    expect(change?.event).toMatchObject({
      kind: 'device.proved',
      reason: 'proofs_passed',
      version: unproved.version + 1,
      evidence: { processors: 2, gops: 420 },
    });
  });

  it.each<[string, readonly ProcessorProof[]]>([
    ['a processor never passed', [passed(startMs), { lastFullPassAtMs: null, gops: null }]],
    ['a pass is from before the verification', [passed(startMs), passed(startMs - 1)]],
  ])('proves nothing while %s', (_, proofs) => {
    expect(withProof(unproved, proofs, startMs + 2)).toBeUndefined();
  });

  it('takes a model without a reference as proved, at no rate', () => {
    const change = withProof(unproved, ['unsupported', 'unsupported'], startMs);
    expect(change?.device).toMatchObject({ provedAtMs: startMs, provedGops: null });
  });

  it.each([
    ['is proved already', aDevice(1), startMs],
    ['is blocked', { ...unproved, processorCount: 1, status: 'blocked' }, startMs],
    ['is terminated', { ...unproved, processorCount: 1, status: 'terminated' }, startMs],
    ['waits after a strike', { ...unproved, processorCount: 1 }, startMs - 1],
  ] as const)('changes nothing for a device that %s', (_, device, nowMs) => {
    expect(withProof(device, [passed(startMs)], nowMs)).toBeUndefined();
  });

  it('refuses proofs of another number of processors', () => {
    expect(() => withProof(unproved, [passed(startMs)], startMs)).toThrow('other processors');
  });
});

describe('withStrike', () => {
  const proved = aDevice(1);

  it('takes the proof away and makes the device wait an hour for the first strike', () => {
    const change = withStrike(proved, [startMs], startMs, { proof: 'a' });
    expect(change?.device).toMatchObject({
      provedAtMs: null,
      provedGops: null,
      verifyFromMs: startMs + hourMs,
      verifyFailure: 'proof_failed',
      status: 'up',
    });
    expect(change?.event).toMatchObject({
      kind: 'device.struck',
      reason: 'proof_fraud',
      evidence: { proof: 'a', strikes: 1 },
    });
  });

  it('waits an hour for each strike of the last thirty days, and forgets older ones', () => {
    const strikes = [startMs - 30 * dayMs, startMs - 30 * dayMs + 1, startMs];
    const change = withStrike(proved, strikes, startMs);
    expect(change?.device).toMatchObject({ verifyFromMs: startMs + 2 * hourMs, status: 'up' });
  });

  it('blocks the device at the third strike within thirty days', () => {
    const change = withStrike(proved, [startMs - 2, startMs - 1, startMs], startMs);
    expect(change?.device).toMatchObject({ status: 'blocked', statusReason: 'proof_fraud' });
    expect(change?.event).toMatchObject({ from: 'up', to: 'blocked' });
  });

  it('never shortens a wait that runs', () => {
    const waiting = aDevice(1, {
      provedAtMs: null,
      provedGops: null,
      verifyFromMs: startMs + 5 * hourMs,
    });
    expect(withStrike(waiting, [startMs], startMs)?.device.verifyFromMs).toBe(startMs + 5 * hourMs);
  });

  it('leaves a device that is gone alone, and a strike must be among the strikes', () => {
    expect(withStrike(aDevice(1, { status: 'terminated' }), [startMs], startMs)).toBeUndefined();
    expect(() => withStrike(proved, [], startMs)).toThrow('not among the strikes');
  });
});

describe('the stored form', () => {
  const kept = async (device: Device, write = putNewDevice(device)) => {
    const runtime = testRuntime();
    await commit(runtime, write);
    return getDevice(runtime.database, device.id);
  };

  it.each<[string, Device]>([
    ['everything', aDevice(1)],
    ['nothing measured', unproved],
    [
      'no speed',
      aDevice(1, { connectivityTier: null, speedTestedAtMs: null, downKbps: null, upKbps: null }),
    ],
    ['a failure', { ...unproved, verifyFailure: 'line_too_slow' }],
  ])('keeps a device with %s', async (_, device) => {
    expect(await kept(device)).toEqual(device);
  });

  it('reads a device from before there were proofs as one that never verified itself', async () => {
    const { verify_from_ms: _, ...old } = attributesOf(unproved);
    const write: Write = {
      kind: 'put',
      table: 'devices',
      key: deviceKey(unproved.id),
      attributes: old,
      condition: {},
    };
    const found = await kept(unproved, [write]);
    expect(found).toEqual({ ...unproved, verifyFromMs: unproved.createdAtMs });
  });
});

describe('withFailedAcceptance', () => {
  const provedAtMs = startMs - dayMs;
  const proved = aDevice(1, { provedAtMs, provedGops: 300 });
  const failed = { t0Ms: startMs, evidence: { verdict: 'too_slow' } };

  it('takes the proof away, until a full pass from then on', () => {
    const change = withFailedAcceptance(proved, failed, startMs + 5);
    expect(change?.device).toMatchObject({
      provedAtMs: null,
      provedGops: null,
      verifyFromMs: startMs + 5,
      verifyFailure: 'proof_failed',
      status: 'up',
    });
    expect(change?.event).toMatchObject({
      kind: 'device.not_accepted',
      reason: 'acceptance_failed',
      evidence: { verdict: 'too_slow' },
    });
    const after = change?.device ?? proved;
    expect(withProof(after, [passed(startMs + 4)], startMs + 6)).toBeUndefined();
    expect(withProof(after, [passed(startMs + 5)], startMs + 6)).toBeDefined();
  });

  it.each([
    ['lost its proof already', { provedAtMs: null, provedGops: null }],
    ['proved itself since', { provedAtMs: startMs + 1 }],
  ])('changes nothing for a device that %s', (_, changes) => {
    expect(withFailedAcceptance({ ...proved, ...changes }, failed, startMs + 5)).toBeUndefined();
  });

  it('keeps the longer wait of a strike', () => {
    const waiting = { ...proved, verifyFromMs: provedAtMs, version: 7 };
    const later = withFailedAcceptance(waiting, failed, provedAtMs - 1);
    expect(later?.device).toMatchObject({ verifyFromMs: provedAtMs, version: 8 });
  });
});

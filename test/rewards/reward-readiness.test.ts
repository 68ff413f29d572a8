/** Guarantees of the readiness for rewards: the close's own rules, at its best from now on, in words. */
import fc from 'fast-check';
import { hourMs, minuteMs } from '../../shared/core/time.ts';
import { firstPresence, heard, type Presence } from '../../shared/devices/presence.ts';
import { type DeviceHour, nominate, uptimeOf } from '../../shared/rewards/nomination.ts';
import { rewardPolicyAt } from '../../shared/rewards/policy.ts';
import { rewardGates } from '../../shared/rewards/reward-gate.ts';
import { type RunningHour, rewardReadinessOf } from '../../shared/rewards/reward-readiness.ts';
import { aDeviceHour, hourStartMs, policy } from './builders.ts';

const endMs = hourStartMs + hourMs;
const io = (tokens: number): bigint => BigInt(tokens) * 10n ** 8n;

/** Heard every five minutes in [from, to]. */
const upFrom = (presence: Presence | undefined, fromMs: number, toMs: number): Presence => {
  let now = presence ? heard(presence, fromMs) : firstPresence('con', fromMs);
  for (let atMs = fromMs; atMs <= toMs; atMs += 5 * minuteMs) now = heard(now, atMs);
  return heard(now, toMs);
};

const aDayBefore = hourStartMs - 24 * hourMs;

/** Half an hour into the hour, everything in order. */
const running = (changes: Partial<RunningHour> = {}, hour: Partial<DeviceHour> = {}) => {
  const { nowMs = hourStartMs + 30 * minuteMs } = changes;
  const presence = 'presence' in changes ? changes.presence : upFrom(undefined, aDayBefore, nowMs);
  const uptime = uptimeOf(presence ?? firstPresence(null, nowMs), hourStartMs, policy);
  return rewardReadinessOf({
    device: { model: 'RTX 4090', processorCount: 1, statusReason: 'proofs_passed' },
    hour: aDeviceHour(1, { uptime, ...hour }),
    proofHourMs: hourStartMs - hourMs,
    activeUnits: io(250),
    startMs: hourStartMs,
    policy,
    ...changes,
    nowMs,
    presence,
  });
};

const checkOf = (gate: string, readiness = running()) => {
  const found = readiness.checks.find((check) => check.gate === gate);
  if (!found) throw new Error(`no ${gate}`);
  return found;
};

const said = (gate: string, readiness = running()) => {
  const { required, actual, passed, reason } = checkOf(gate, readiness);
  return { required, actual, passed, reason };
};

describe('a device with everything in order', () => {
  it('passes every gate once, and is told its score', () => {
    const { checks, entries, requiredUnits } = running();
    expect(checks.map(({ gate }) => gate)).toEqual([...rewardGates]);
    expect(
      checks.filter(({ passed, reason, says, remedy }) => !passed || reason || says || remedy),
    ).toEqual([]);
    expect(requiredUnits).toBe(io(250));
    expect(entries.map(({ score }) => score)).toEqual([264_000n]);
  });

  it('reads what is asked and what there is', () => {
    const { checks } = running();
    expect(checks.map(({ gate, required, actual }) => `${gate}: ${required}: ${actual}`)).toEqual([
      'status: up, or down for a while: up (proofs_passed)',
      'wallet: a Solana wallet that its supplier has registered: registered',
      'stake: 250.00 IO active during the whole hour: 250.00 IO since the hour began, 250.00 IO now',
      'hardware: a processor with a multiplier above 0: 1 x RTX 4090, multiplier 1.25',
      'connectivity: speed class 1 or faster: class 2',
      'first_wait: up for 12 h 0 min in all before its first reward: first rewarded in 2026-11-15T18',
      'uptime_before: 50 minutes up in each of the 5 hours before: 60, 60, 60, 60, 60 minutes, the last hour first',
      'uptime: 50 minutes up in this hour: 30 minutes so far, 60 if it is up from now on',
      'proof: a processor that answers the calls of this hour: 1 of 1 processors in 2026-11-22T17, the last hour that was judged',
    ]);
  });
});

describe('a closed gate', () => {
  it('says why, and what helps', () => {
    const readiness = running({ activeUnits: io(250) }, { stakeUnits: io(100) });
    expect(checkOf('stake', readiness)).toEqual({
      gate: 'stake',
      required: '250.00 IO active during the whole hour',
      actual: '100.00 IO since the hour began, 250.00 IO now',
      passed: false,
      reason: 'stake_below_minimum',
      says: 'Less than the required stake was active during the whole of the hour.',
      remedy: 'Stake what is missing before an hour begins; stake in cooldown does not count.',
    });
    expect(readiness.entries.map(({ score }) => score)).toEqual([0n]);
  });

  it('is each told on its own', () => {
    const readiness = running(
      { proofHourMs: null, presence: undefined },
      {
        hasWallet: false,
        tier: null,
        status: 'paused',
        firstRewardedMs: null,
        processors: [{ model: 'RTX 4090', proof: 'not_judged' }],
      },
    );
    const closed = readiness.checks.filter(({ passed }) => !passed).map(({ gate }) => gate);
    expect(closed).toEqual([
      'status',
      'wallet',
      'connectivity',
      'first_wait',
      'uptime_before',
      'uptime',
      'proof',
    ]);
    expect(said('proof', readiness).actual).toBe('no hour was judged yet');
    expect(said('uptime', readiness).actual).toBe('0 minutes so far, 30 if it is up from now on');
  });
});

describe('uptime', () => {
  const lateBy = (minutes: number) => {
    const nowMs = hourStartMs + minutes * minuteMs;
    return running({ nowMs, presence: upFrom(undefined, nowMs, nowMs) });
  };

  it('is open while fifty minutes can still be reached', () => {
    expect(said('uptime', lateBy(10)).passed).toBe(true);
    expect(said('uptime', lateBy(11))).toMatchObject({
      passed: false,
      reason: 'down_in_hour',
      actual: '0 minutes so far, 49 if it is up from now on',
    });
  });

  it('counts the silence of a device whose next heartbeat proves it', () => {
    const nowMs = hourStartMs + 30 * minuteMs;
    const silent = upFrom(undefined, aDayBefore, nowMs - 8 * minuteMs);
    expect(said('uptime', running({ nowMs, presence: silent })).actual).toBe(
      '22 minutes so far, 60 if it is up from now on',
    );
    const lost = upFrom(undefined, aDayBefore, nowMs - 11 * minuteMs);
    expect(said('uptime', running({ nowMs, presence: lost })).actual).toBe(
      '19 minutes so far, 49 if it is up from now on',
    );
  });

  it('that is told closed is closed at the close, whatever is heard until then', () => {
    const minute = fc.integer({ min: 0, max: 60 });
    const heartbeats = fc
      .array(minute, { maxLength: 30 })
      .map((all) => all.toSorted((a, b) => a - b));
    let closed = 0;
    fc.assert(
      fc.property(heartbeats, heartbeats, minute, (before, after, nowMinute) => {
        const nowMs = hourStartMs + nowMinute * minuteMs;
        const at = (one: number) => hourStartMs + one * minuteMs;
        const [first, ...rest] = before.filter((one) => one <= nowMinute);
        let presence = first === undefined ? undefined : firstPresence('con', at(first));
        for (const one of rest) presence = presence && heard(presence, at(one));
        const readiness = running({ nowMs, presence });
        for (const one of after.filter((each) => each >= nowMinute)) {
          presence = presence ? heard(presence, at(one)) : firstPresence('con', at(one));
        }
        presence = presence && heard(presence, endMs + 3 * minuteMs);
        const uptime = uptimeOf(presence ?? firstPresence(null, endMs), hourStartMs, policy);
        const [entry] = nominate(aDeviceHour(1, { uptime }), policy);
        const told = checkOf('uptime', readiness).passed;
        if (!told) {
          closed += 1;
          expect(entry?.gates.uptime).toBe('down_in_hour');
        }
      }),
      { seed: 7, numRuns: 500 },
    );
    expect(closed).toBeGreaterThan(100);
  });
});

it('a device of both pools is told its proofs in each', () => {
  const processors = [
    { model: 'RTX 4090', proof: null },
    { model: 'RTX 3060', proof: 'call_missed' as const },
  ];
  const { checks, entries } = running({}, { processors, stakeUnits: io(1_000) });
  expect(entries).toHaveLength(2);
  expect(checks.filter(({ gate }) => gate === 'proof').map(({ passed }) => passed)).toEqual([
    true,
    false,
  ]);
});

it('a stage that waits for nothing asks for no hour before', () => {
  const local = rewardPolicyAt('local', hourStartMs);
  const nowMs = hourStartMs + minuteMs;
  const readiness = running({ policy: local, nowMs, presence: upFrom(undefined, nowMs, nowMs) });
  expect(said('uptime_before', readiness)).toMatchObject({
    passed: true,
    actual: 'no hour before counts',
  });
});

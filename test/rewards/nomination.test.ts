/** Guarantees of nomination: who earns in an hour and who does not, each with every reason. */
import fc from 'fast-check';
import { hourMs, minuteMs } from '../../shared/core/time.ts';
import type { DeviceStatus } from '../../shared/devices/device.ts';
import { firstPresence, heard, type Presence } from '../../shared/devices/presence.ts';
import { models } from '../../shared/market/catalogue.ts';
import { hiredAs } from '../../shared/proofs/hired-as.ts';
import { type DeviceHour, nominate, uptimeOf } from '../../shared/rewards/nomination.ts';
import { rewardPolicyAt } from '../../shared/rewards/policy.ts';
import { multiplierOf } from '../../shared/rewards/pool.ts';
import {
  rewardGateReasons,
  rewardGates,
  rewardGateWords,
} from '../../shared/rewards/reward-gate.ts';
import { scoreMax } from '../../shared/rewards/score.ts';
import { aDeviceHour, anEntry, hourStartMs, policy } from './builders.ts';

const seeded = { seed: 175_320, numRuns: 200 };
const io = (tokens: number): bigint => BigInt(tokens) * 10n ** 8n;

/** The only entry of a device with these changes. */
const only = (changes: Partial<DeviceHour>) => {
  const entries = nominate(aDeviceHour(1, changes), policy);
  expect(entries).toHaveLength(1);
  return entries[0] ?? anEntry(0);
};

/** The gates that are closed, with their reasons. */
const closed = (changes: Partial<DeviceHour>) =>
  Object.fromEntries(Object.entries(only(changes).gates).filter(([, reason]) => reason !== null));

describe('a device with everything in order', () => {
  it('passes every gate, and its score is what it shows', () => {
    const { gates, ...entry } = only({});
    expect(Object.keys(gates)).toEqual([...rewardGates]);
    expect(Object.values(gates).every((reason) => reason === null)).toBe(true);
    expect(entry).toEqual({
      publicId: 'dev0000000000001',
      pool: 'enterprise',
      processors: 1,
      proved: 1,
      score: BigInt(13_000 + 2 * 500 + 2_000 * 125),
    });
  });

  it('earns a little more while it is hired, however the hire began in the hour', () => {
    const { score } = only({ hired: [null, null, 'micro', 'micro', null, null] });
    expect(score - only({}).score).toBe(50n);
  });
});

describe('a gate is closed', () => {
  const statuses: readonly DeviceStatus[] = [
    'paused',
    'blocked',
    'restart_required',
    'unsupported',
    'inactive',
    'terminated',
  ];
  it.each(statuses)('for a device that is %s', (status) => {
    expect(closed({ status })).toEqual({ status });
    expect(only({ status }).score).toBe(0n);
  });

  it('not for one that went down as the hour ended: how long it was up decides', () => {
    expect(closed({ status: 'down' })).toEqual({});
  });

  it.each<[string, Partial<DeviceHour>, object]>([
    ['without a wallet', { hasWallet: false }, { wallet: 'no_wallet' }],
    [
      'with a base unit less than the stake',
      { stakeUnits: io(250) - 1n },
      { stake: 'stake_below_minimum' },
    ],
    ['whose line was not measured', { tier: null }, { connectivity: 'line_not_measured' }],
    ['whose line is too slow', { tier: 0 }, { connectivity: 'line_too_slow' }],
    [
      'that was down in one of the five hours before',
      { uptime: { minutes: 60, before: [60, 60, 60, 60, 49], minutesBefore: 2_000 } },
      { uptime_before: 'down_before' },
    ],
    [
      'that was up for 49 minutes',
      { uptime: { minutes: 49, before: [50, 50, 50, 50, 50], minutesBefore: 2_000 } },
      { uptime: 'down_in_hour' },
    ],
    [
      'that is new and was up for less than twelve hours',
      {
        firstRewardedMs: null,
        uptime: { minutes: 60, before: [60, 60, 60, 60, 60], minutesBefore: 719 },
      },
      { first_wait: 'first_wait' },
    ],
    [
      'that missed a call',
      { processors: [{ model: 'RTX 4090', proof: 'call_missed' }] },
      { proof: 'call_missed' },
    ],
    [
      'whose hour was not judged',
      { processors: [{ model: 'RTX 4090', proof: 'not_judged' }] },
      { proof: 'not_judged' },
    ],
  ])('for a device %s', (_, changes, reasons) => {
    expect(closed(changes)).toEqual(reasons);
    expect(only(changes).score).toBe(0n);
  });

  it('for a model that earns nothing, which can be hired all the same', () => {
    const unpaid = { processors: [{ model: 'A10', proof: null }] };
    expect(closed(unpaid)).toEqual({ hardware: 'no_multiplier' });
    expect(only({ ...unpaid, stakeUnits: 0n }).score).toBe(0n);
    expect(closed({ processors: [{ model: 'no such model', proof: null }] })).toMatchObject({
      hardware: 'no_multiplier',
    });
  });

  it('not at its bound', () => {
    const uptime = { minutes: 50, before: [50, 50, 50, 50, 50], minutesBefore: 720 };
    expect(closed({ uptime, firstRewardedMs: null, tier: 1, stakeUnits: io(250) })).toEqual({});
  });

  it('beside others: the owner sees everything that stands in the way', () => {
    expect(closed({ hasWallet: false, tier: null, stakeUnits: 0n })).toEqual({
      wallet: 'no_wallet',
      connectivity: 'line_not_measured',
      stake: 'stake_below_minimum',
    });
  });

  it('with words for every reason', () => {
    expect(Object.keys(rewardGateWords).sort()).toEqual([...rewardGateReasons].sort());
    for (const { says, remedy } of Object.values(rewardGateWords)) {
      expect([says, remedy]).toEqual([
        expect.stringMatching(/^[A-Z].*\.$/),
        expect.stringMatching(/^[A-Z].*\.$/),
      ]);
    }
  });
});

describe('a hire', () => {
  const cluster = (rateUnitsPerHour: bigint, changes: object = {}, linked = false) =>
    ({
      proofConsent: true,
      assignments: [{ deviceId: 'dev_1', lineId: 'line', rateUnitsPerHour, linked }],
      lines: [{ lineId: 'line', model: 'RTX 4090', processors: 1 }],
      ...changes,
    }) as unknown as Parameters<typeof hiredAs>[0];
  const hiredScore = (as: ReturnType<typeof hiredAs>) => only({ hired: [as, as] }).score;

  it('below a quarter of the catalogue’s price counts as idle', () => {
    expect(hiredScore(hiredAs(cluster(97_500n), 'dev_1')) - only({}).score).toBe(50n);
    expect(hiredScore(hiredAs(cluster(97_499n), 'dev_1'))).toBe(only({}).score);
  });

  it('by an organisation that counts as one with its own counts as idle', () => {
    const own = cluster(390_000n, {}, true);
    expect(hiredScore(hiredAs(own, 'dev_1'))).toBe(only({}).score);
  });

  it('without a passed micro proof earns no block reward', () => {
    const missed = {
      hired: ['micro' as const],
      processors: [{ model: 'RTX 4090', proof: 'call_missed' as const }],
    };
    expect([closed(missed), only(missed).score]).toEqual([{ proof: 'call_missed' }, 0n]);
  });

  it('whose customer refused proofs earns no block reward', () => {
    const refused = {
      hired: [hiredAs(cluster(390_000n, { proofConsent: false }), 'dev_1')],
      processors: [{ model: 'RTX 4090', proof: 'no_consent' as const }],
    };
    expect([closed(refused), only(refused).score]).toEqual([{ proof: 'no_consent' }, 0n]);
  });
});

describe('processors', () => {
  it('that did not pass count for nothing, and the others do', () => {
    const entry = only({
      processors: [
        { model: 'H100 SXM', proof: null },
        { model: 'H100 SXM', proof: 'call_failed' },
        { model: 'H100 SXM', proof: null },
      ],
      stakeUnits: io(6_000),
    });
    expect(entry).toMatchObject({ processors: 3, proved: 2 });
    expect(entry.score).toBe(BigInt(13_000 + 2 * 500 + 2_000 * 2_000));
    expect(entry.gates.proof).toBeNull();
  });

  it('of both pools are two entries; uptime, line and hire count in the larger one alone', () => {
    const processors = [
      { model: 'RTX 4090', proof: null },
      { model: 'RTX 6000 Ada', proof: null },
    ];
    const changes = { processors, stakeUnits: io(250 + 900), hired: ['micro' as const] };
    const entries = nominate(aDeviceHour(1, changes), policy);
    expect(entries.map(({ pool, score }) => [pool, score])).toEqual([
      ['enterprise', BigInt(2_000 * 125)],
      ['community', BigInt(2_000 * 450 + 13_000 + 2 * 500 + 50)],
    ]);
  });

  it('of both pools that weigh the same bring them to the enterprise entry', () => {
    const processors = [
      { model: 'RTX 6000 Ada', proof: null },
      ...Array.from({ length: 2 }, () => ({ model: 'RTX 4080', proof: null })),
      { model: 'H100 SXM', proof: null },
    ];
    const changes = { processors, stakeUnits: io(900 + 1_100 + 2_000) };
    const scores = nominate(aDeviceHour(1, changes), policy).map(({ score }) => score);
    expect(scores).toEqual([
      BigInt(2_000 * 1_000 + 13_000 + 2 * 500),
      BigInt(2_000 * (450 + 2 * 275)),
    ]);
  });

  it('of one pool that all failed leave the other pool’s entry as it is', () => {
    const processors = [
      { model: 'H100 SXM', proof: 'call_missed' as const },
      { model: 'RTX 6000 Ada', proof: null },
    ];
    const changes = { processors, stakeUnits: io(2_900) };
    expect(nominate(aDeviceHour(1, changes), policy)).toMatchObject([
      { pool: 'enterprise', score: 0n, gates: { proof: 'call_missed' } },
      { pool: 'community', score: BigInt(2_000 * 450 + 13_000 + 2 * 500) },
    ]);
  });

  it('of a CPU without a name earn on stage local alone', () => {
    const local = rewardPolicyAt('local', hourStartMs);
    const cpu = aDeviceHour(1, {
      processors: [{ model: 'x86-64 CPU', proof: null }],
      stakeUnits: io(200),
      firstRewardedMs: null,
      uptime: { minutes: 60, before: [], minutesBefore: 0 },
    });
    expect(nominate(cpu, local)).toMatchObject([{ pool: 'community', score: 64_000n }]);
    expect(multiplierOf('x86-64 CPU', policy)).toBe(0);
    expect(() => nominate(cpu, policy)).toThrow('0 hours before are known');
  });
});

describe('uptime', () => {
  /** A device that is heard of every five minutes from so long before the hour on, to so long after its start. */
  const beating = (fromMinutes: number, untilMinutes: number): Presence => {
    const start = hourStartMs + fromMinutes * minuteMs;
    let presence = firstPresence(null, start);
    for (let ms = start; ms <= hourStartMs + untilMinutes * minuteMs; ms += 5 * minuteMs) {
      presence = heard(presence, ms);
    }
    return presence;
  };

  it('comes from presence: the hour, the hours before, and all that are remembered', () => {
    expect(uptimeOf(beating(-6 * 60, 60), hourStartMs, policy)).toEqual({
      minutes: 60,
      before: [60, 60, 60, 60, 60],
      minutesBefore: 360,
    });
    expect(uptimeOf(beating(10, 65), hourStartMs, policy)).toEqual({
      minutes: 50,
      before: [0, 0, 0, 0, 0],
      minutesBefore: 0,
    });
  });

  it('of an hour is not changed by what is heard, or is not heard, after it', () => {
    const gaps = fc.array(fc.integer({ min: 1, max: 4 * 60 }), { maxLength: 20 });
    const beginning = fc.integer({ min: -12 * 60, max: 30 });
    void fc.assert(
      fc.property(beginning, gaps, (from, later) => {
        const atEnd = beating(from, 65);
        const judged = uptimeOf(atEnd, hourStartMs, policy);
        let presence = atEnd;
        let ms = atEnd.lastSeenMs;
        for (const minutes of later) {
          ms += minutes * minuteMs;
          // Presence remembers two days, and hours are judged within one.
          if (ms > hourStartMs + 24 * hourMs) break;
          presence = heard(presence, ms);
          const again = uptimeOf(presence, hourStartMs, policy);
          expect([again.minutes, again.before]).toEqual([judged.minutes, judged.before]);
        }
      }),
      seeded,
    );
  });
});

describe('every device', () => {
  const anyDevice = fc
    .record({
      status: fc.constantFrom<DeviceStatus>('up', 'down', 'paused', 'terminated'),
      processors: fc.array(
        fc.record({
          model: fc.constantFrom(...models.map(({ model }) => model)),
          proof: fc.constantFrom(null, null, 'call_missed' as const, 'not_judged' as const),
        }),
        { minLength: 1, maxLength: 16 },
      ),
      tier: fc.constantFrom(null, 0, 1, 2, 3, 4),
      hasWallet: fc.boolean(),
      stakeUnits: fc.constantFrom(0n, io(250), io(100_000)),
      hired: fc.array(fc.constantFrom(null, 'micro', 'no_consent', 'idle'), { maxLength: 6 }),
    })
    .map((changes) => aDeviceHour(1, changes as Partial<DeviceHour>));

  it('has one entry or two, and a score exactly where every gate is passed, within its bound', () => {
    void fc.assert(
      fc.property(anyDevice, (device) => {
        const entries = nominate(device, policy);
        expect(entries.length === 1 || entries.length === 2).toBe(true);
        expect(new Set(entries.map(({ pool }) => pool)).size).toBe(entries.length);
        for (const { gates, score, processors, proved } of entries) {
          const open = Object.values(gates).every((reason) => reason === null);
          expect(open).toBe(score > 0n);
          expect(score <= scoreMax(policy) && proved <= processors).toBe(true);
        }
      }),
      { ...seeded, numRuns: 1_000 },
    );
  });
});

/** The pure rules of payouts: lifecycles, the end of an attempt, the search, the limits, the room of a batch. */
import * as fc from 'fast-check';
import type { TransactionReading } from '../../../shared/core/chain.ts';
import { payoutFee } from '../../../shared/ledger/chain/payout-hold.ts';
import { microsOfIo } from '../../../shared/ledger/io-price.ts';
import { judgeAttempt, type Testimony } from '../../../shared/payments/payouts/attempt-end.ts';
import {
  afterTrial,
  nextGroup,
  searchAmong,
} from '../../../shared/payments/payouts/bad-member-search.ts';
import { batchStatuses, movedBatch, withMembers } from '../../../shared/payments/payouts/batch.ts';
import { fitBatch } from '../../../shared/payments/payouts/batch-plan.ts';
import { dailyPayoutId } from '../../../shared/payments/payouts/daily-payout.ts';
import {
  canMove,
  movedPayout,
  payoutStatuses,
  repricedPayout,
} from '../../../shared/payments/payouts/payout.ts';
import {
  decideBreaker,
  laneOf,
  payoutLimits,
  rewardsRange,
  withinCustody,
  withinDay,
} from '../../../shared/payments/payouts/payout-limits.ts';
import { aBatch, aMember, aPayout } from './builders.ts';

const seed = 20_261_123;

describe('a payout', () => {
  it('moves by its table alone', () => {
    const events = ['approve', 'claim', 'outgrow', 'release', 'refuse', 'pay'] as const;
    const moves = payoutStatuses.flatMap((status) =>
      events
        .filter((event) => canMove(aPayout({ status }), event))
        .map((event) => `${status} ${event} ${movedPayout(aPayout({ status }), event).status}`),
    );
    expect(moves).toEqual([
      'awaiting_approval approve queued',
      'awaiting_approval refuse failed',
      'queued claim sending',
      'queued outgrow awaiting_approval',
      'queued refuse failed',
      'sending release queued',
      'sending refuse failed',
      'sending pay paid',
    ]);
  });

  it('that is over never moves again', () => {
    expect(() => movedPayout(aPayout({ status: 'paid' }), 'release')).toThrow(
      'is paid: no release',
    );
    expect(() => movedPayout(aPayout({ status: 'failed' }), 'pay')).toThrow('is failed: no pay');
  });

  it('of each day and source has one id, which sorts by the day', () => {
    const days = [20_000, 20_001, 25_000].map((day) => dailyPayoutId('org_1', 'earnings', day));
    expect(days).toEqual(days.toSorted());
    expect(dailyPayoutId('org_1', 'earnings', 20_000)).toBe(days[0]);
    expect(dailyPayoutId('org_1', 'rewards', 20_000)).not.toBe(days[0]);
    expect(dailyPayoutId('org_2', 'earnings', 20_000)).not.toBe(days[0]);
    expect(days[0]).toMatch(/^pay_[0-9A-HJKMNP-TV-Z]{26}$/);
  });

  it('changes with its price: earnings arrive as other IO, rewards are worth other dollars', () => {
    const price = { id: 'prc_1', nanoUsdPerIo: 1n, atMs: 0, untilMs: 1 };
    const earnings = aPayout({ token: 'io' });
    expect(repricedPayout(earnings, price, { tokenUnits: 7n })).toEqual({
      ...{ ...earnings, price, tokenUnits: 7n, version: 2 },
    });
    const rewards = aPayout({ token: 'io', source: 'rewards' });
    expect(repricedPayout(rewards, price, { usdUnits: 7n })).toEqual({
      ...{ ...rewards, price, usdUnits: 7n, version: 2 },
    });
    expect(() => repricedPayout(rewards, price, { tokenUnits: 7n })).toThrow('something else');
    expect(() => repricedPayout(earnings, price, { usdUnits: 7n })).toThrow('something else');
  });

  it('costs 2 per cent in USDC, rounded up, and nothing in IO', () => {
    for (let units = 1n; units < 20_000n; units += 1n) {
      const fee = payoutFee('usdc', units);
      expect(fee * 10_000n >= units * 200n && (fee - 1n) * 10_000n < units * 200n).toBe(true);
      expect(payoutFee('io', units)).toBe(0n);
    }
    expect(payoutFee('usdc', 10_000_000n)).toBe(200_000n);
    expect(payoutFee('usdc', 10_000_001n)).toBe(200_001n);
  });
});

describe('a batch', () => {
  it('moves by its table alone', () => {
    const events = ['sign', 'die', 'land', 'post', 'dissolve'] as const;
    const moves = batchStatuses.flatMap((status) =>
      events.flatMap((event) => {
        try {
          return [`${status} ${event} ${movedBatch(aBatch({ status }), event).status}`];
        } catch {
          return [];
        }
      }),
    );
    expect(moves).toEqual([
      'open sign signed',
      'open dissolve dissolved',
      'signed die open',
      'signed land landed',
      'landed post done',
    ]);
  });

  it('keeps its members while something signed may land', () => {
    for (const status of ['signed', 'landed', 'done', 'dissolved'] as const) {
      expect(() => withMembers(aBatch({ status }), [])).toThrow('its members are fixed');
    }
    const twice = [aMember(1), aMember(1)];
    expect(() => withMembers(aBatch(), twice)).toThrow('a payout stands twice');
  });

  it.each([
    ['legacy', false, 17, 8],
    ['legacy', true, 15, 7],
    ['v1', false, 58, 10],
    ['v1', true, 55, 10],
  ] as const)(
    'of %s, on a nonce: %s, has room for %i, or %i whose accounts are made',
    (format, onNonce, plain, making) => {
      const fitting = (makesAccount: boolean) =>
        fitBatch(
          Array.from({ length: 100 }, () => ({ makesAccount })),
          { format, onNonce },
        );
      expect(fitting(false)).toHaveLength(plain);
      expect(fitting(true)).toHaveLength(making);
    },
  );

  it('never leaves out an older payout for a younger one', () => {
    void fc.assert(
      fc.property(
        fc.array(fc.boolean(), { maxLength: 90 }),
        fc.record({ format: fc.constantFrom('legacy', 'v1'), onNonce: fc.boolean() }),
        (making, form) => {
          const all = making.map((makesAccount) => ({ payout: aPayout(), makesAccount }));
          const taken = fitBatch(all, form);
          expect(taken).toEqual(all.slice(0, taken.length));
          expect(taken.length > 0).toBe(all.length > 0);
        },
      ),
      { seed },
    );
  });
});

const absent: Testimony = {
  finalizedHeight: 1001n,
  nonce: undefined,
  status: { outcome: 'absent' },
  reading: { outcome: 'absent' },
  isInHistory: false,
};
const lifetime = { kind: 'blockhash', lastValidBlockHeight: 1000n } as const;
const read = (failed: boolean): TransactionReading =>
  ({ outcome: 'read', transaction: { failed } }) as TransactionReading;

describe('the end of an attempt', () => {
  const failed = { ...absent, reading: read(true) };
  const landed = { ...absent, reading: read(false) };

  it('is a finalized transaction, whoever tells of it and whoever knows nothing of it', () => {
    expect(judgeAttempt(lifetime, [absent, landed])).toBe('landed');
    expect(judgeAttempt(lifetime, [landed])).toBe('landed');
  });

  it('is failure only when two say so and nobody says that it paid', () => {
    expect(judgeAttempt(lifetime, [failed, failed])).toBe('failed');
    expect(judgeAttempt(lifetime, [failed, absent, failed])).toBe('failed');
    expect(judgeAttempt(lifetime, [failed])).toBe('pending');
    expect(judgeAttempt(lifetime, [failed, absent])).toBe('pending');
    expect(judgeAttempt(lifetime, [failed, landed])).toBe('pending');
    expect(judgeAttempt(lifetime, [landed, failed, failed])).toBe('pending');
    const seen = { ...absent, status: { outcome: 'finalized', slot: 1n } } as const;
    expect(judgeAttempt(lifetime, [failed, failed, seen])).toBe('pending');
  });

  it('is expiry only when two say that its time is over and that they know nothing of it', () => {
    expect(judgeAttempt(lifetime, [absent, absent])).toBe('expired');
    expect(judgeAttempt(lifetime, [absent])).toBe('pending');
    expect(judgeAttempt(lifetime, [])).toBe('pending');
  });

  it.each<[string, Partial<Testimony>]>([
    ['has not finalized the block after its last', { finalizedHeight: 1000n }],
    ['has seen it processed', { status: { outcome: 'processed', slot: 1n } }],
    ['has seen it confirmed', { status: { outcome: 'confirmed', slot: 1n } }],
    ['has seen it finalized', { status: { outcome: 'finalized', slot: 1n } }],
    ['has seen it fail', { status: { outcome: 'failed', slot: 1n, reason: 'x' } }],
    ['has it in its history', { isInHistory: true }],
    ['cannot read it', { reading: { outcome: 'unreadable', reason: 'version' } }],
  ])('is not expiry while one provider %s', (_, said) => {
    expect(judgeAttempt(lifetime, [absent, { ...absent, ...said }])).toBe('pending');
    expect(judgeAttempt(lifetime, [{ ...absent, ...said }, absent])).toBe('pending');
  });

  it('on a nonce is expiry once the nonce has moved, whatever the height', () => {
    const onNonce = { kind: 'nonce', account: 'n', value: 'old' } as const;
    const still = { ...absent, nonce: 'old' };
    const moved = { ...absent, finalizedHeight: 0n, nonce: 'new' };
    expect(judgeAttempt(onNonce, [still, still])).toBe('pending');
    expect(judgeAttempt(onNonce, [moved, still])).toBe('pending');
    expect(judgeAttempt(onNonce, [moved, absent])).toBe('pending');
    expect(judgeAttempt(onNonce, [moved, moved])).toBe('expired');
  });
});

describe('the search for whom a batch fails', () => {
  const searched = (size: number, bad: ReadonlySet<number>) => {
    let search = searchAmong(Array.from({ length: size }, (_, index) => index));
    let trials = 0;
    for (let group = nextGroup(search); group; group = nextGroup(search)) {
      trials += 1;
      search = afterTrial(search, !group.some((one) => bad.has(one)));
    }
    return { ...search, trials };
  };

  it('finds exactly the bad ones', () => {
    void fc.assert(
      fc.property(
        fc
          .integer({ min: 1, max: 60 })
          .chain((size) =>
            fc.tuple(
              fc.constant(size),
              fc.uniqueArray(fc.integer({ min: 0, max: size - 1 }), { maxLength: size }),
            ),
          ),
        ([size, bad]) => {
          const found = searched(size, new Set(bad));
          expect(found.bad).toEqual(bad.toSorted((a, b) => a - b));
          expect([...found.bad, ...found.cleared].toSorted((a, b) => a - b)).toEqual(
            Array.from({ length: size }, (_, index) => index),
          );
        },
      ),
      { seed },
    );
  });

  it('takes at most two trials for each halving when one is bad', () => {
    for (let bad = 0; bad < 60; bad += 1) {
      expect(searched(60, new Set([bad])).trials).toBeLessThanOrEqual(12);
    }
  });
});

describe('limits of rewards', () => {
  it('are those of earnings at the price, to the base unit', () => {
    const nanos = fc.bigInt({ min: 1_000n, max: 10n ** 12n });
    void fc.assert(
      fc.property(nanos, (nanoUsdPerIo) => {
        const price = { id: 'prc_1', nanoUsdPerIo, atMs: 0 };
        const { unitsMin, unitsMax } = rewardsRange(price);
        const worth = (units: bigint): bigint => microsOfIo(units, price);
        expect(worth(unitsMin)).toBeGreaterThanOrEqual(payoutLimits.unitsMin);
        expect(worth(unitsMin - 1n)).toBeLessThan(payoutLimits.unitsMin);
        expect(worth(unitsMax)).toBeLessThanOrEqual(payoutLimits.supplierDayUnitsMax);
        expect(laneOf(worth(unitsMin))).toBe('bulk');
      }),
      { seed },
    );
  });

  it('leave what the treasury does not hold yet in the queue, and nobody behind it', () => {
    const rewards = (tokenUnits: bigint) => ({ source: 'rewards' as const, tokenUnits });
    const earnings = { source: 'earnings' as const, tokenUnits: 1_000n };
    const queue = [rewards(60n), earnings, rewards(50n), rewards(40n)];
    expect(withinCustody(queue, 150n)).toEqual(queue);
    expect(withinCustody(queue, 100n)).toEqual([rewards(60n), earnings, rewards(40n)]);
    expect(withinCustody(queue, 0n)).toEqual([earnings]);
    expect(withinCustody(queue, -1n)).toEqual([earnings]);
  });
});

describe('the breaker', () => {
  const usd = 1_000_000n;

  it('lets a quiet platform pay its smallest hour, and not a dollar more', () => {
    const most = payoutLimits.hourUnitsMin;
    expect(decideBreaker({ units: most, hour: 10, past: [] }).outcome).toBe('closed');
    expect(decideBreaker({ units: most + 1n, hour: 10, past: [] }).outcome).toBe('open');
    const past = [{ hour: 10, units: most }];
    expect(decideBreaker({ units: 1n, hour: 10, past }).outcome).toBe('open');
  });

  it('grows with the busy hours of the week before, not with this one', () => {
    const past = [
      { hour: 3, units: 30_000n * usd },
      { hour: 7, units: 10_000n * usd },
      { hour: 10, units: 50_000n * usd },
    ];
    expect(decideBreaker({ units: 30_000n * usd, hour: 10, past }).outcome).toBe('closed');
    expect(decideBreaker({ units: 30_001n * usd, hour: 10, past })).toEqual({
      outcome: 'open',
      hourUnits: 80_001n * usd,
      hourUnitsMax: 80_000n * usd,
    });
  });

  it('keeps back from the first payout on that the day has no room for', () => {
    const left = 100n;
    const paid = payoutLimits.dayUnitsMax - left;
    const queue = [{ usdUnits: 60n }, { usdUnits: 50n }, { usdUnits: 10n }];
    expect(withinDay(queue, paid)).toEqual([{ usdUnits: 60n }]);
    expect(withinDay(queue, paid - 20n)).toEqual(queue);
    expect(withinDay(queue, payoutLimits.dayUnitsMax)).toEqual([]);
  });
});

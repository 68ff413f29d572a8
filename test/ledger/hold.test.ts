/** Holds: what is reserved, what is refused, what the conditions say. */
import { hourMs } from '../../shared/core/time.ts';
import { emptyBalance } from '../../shared/ledger/balance.ts';
import { assertHold } from '../../shared/ledger/held-credit.ts';
import { type Hold, planTakeHold, type TakeHoldInput } from '../../shared/ledger/hold.ts';
import { startMs } from '../support/runtime.ts';

const input = (parts: Partial<TakeHoldInput> = {}): TakeHoldInput => ({
  holdId: 'hold:clu_1',
  clusterId: 'clu_1',
  organisation: 'org_a',
  lines: [{ rateUnitsPerHour: 1_000_001n }, { rateUnitsPerHour: 500_000n }],
  orderedMs: 1.5 * hourMs,
  customer: {
    ...emptyBalance('cust:org_a'),
    posted: 5_000_000n,
    available: 5_000_000n,
    version: 1n,
  },
  debt: emptyBalance('debt:org_a'),
  nowMs: startMs,
  ...parts,
});

describe('planTakeHold', () => {
  it('holds each line for the ordered time, rounded up', () => {
    const decision = planTakeHold(input());
    expect(decision).toMatchObject({ outcome: 'held', amount: 1_500_002n + 750_000n });
  });

  it('conditions what is available, the payments, the debt, and that there is no such hold', () => {
    const decision = planTakeHold(input());
    if (decision.outcome !== 'held') throw new Error('refused');
    expect(decision.writes.map(({ key, condition }) => [key.pk, condition])).toEqual([
      ['P#hold:clu_1', { exists: false }],
      [
        'A#cust:org_a#0',
        {
          equals: {},
          missing: ['granted_at_ms', 'card_at_ms', 'card_shift_at_ms'],
          atLeast: { available: 2_250_002n },
        },
      ],
      ['A#debt:org_a#0', { exists: false }],
    ]);
  });

  it('conditions the payments at the values that were read', () => {
    const customer = { ...input().customer, grantedAtMs: 7, cardAtMs: 8, cardShiftAtMs: 9 };
    const decision = planTakeHold(input({ customer }));
    if (decision.outcome !== 'held') throw new Error('refused');
    expect(decision.writes[1]?.condition).toMatchObject({
      equals: { granted_at_ms: 7, card_at_ms: 8, card_shift_at_ms: 9 },
      missing: [],
    });
  });

  it('asks for the shortfall when the hold exceeds available credit', () => {
    const customer = { ...input().customer, posted: 250_002n, available: 250_002n };
    expect(planTakeHold(input({ customer }))).toEqual({
      outcome: 'payment_required',
      shortfall: 2_000_000n,
      needed: 2_250_002n,
      available: 250_002n,
      owed: 0n,
    });
  });

  it('asks for the debt as well, because a top-up pays it first', () => {
    const customer = { ...input().customer, posted: 0n, available: 0n };
    const debt = { ...emptyBalance('debt:org_a'), posted: -9n, available: -9n, version: 3n };
    const decision = planTakeHold(input({ customer, debt }));
    expect(decision).toMatchObject({
      outcome: 'payment_required',
      shortfall: 2_250_011n,
      owed: 9n,
    });
  });

  it("refuses to hold with somebody else's balance or under another name", () => {
    expect(() => planTakeHold(input({ organisation: 'org_b' }))).toThrow('somebody else');
    expect(() => planTakeHold(input({ holdId: 'hold:clu_2' }))).toThrow('one hold');
    expect(() => planTakeHold(input({ orderedMs: hourMs - 1 }))).toThrow('below one hour');
  });
});

describe('assertHold', () => {
  const hold: Hold = {
    id: 'hold:clu_1',
    account: 'cust:org_a',
    organisation: 'org_a',
    clusterId: 'clu_1',
    amount: 10n,
    left: 5n,
    posted: 3n,
    released: 2n,
    n: 1,
    orderedMs: hourMs,
    classDays: 1,
    granted: false,
    paidMs: {},
    state: 'open',
    version: 2,
    openedAtMs: startMs,
  };

  it('accepts amounts that add up (I5)', () => {
    expect(() => assertHold(hold)).not.toThrow();
    expect(() => assertHold({ ...hold, left: 0n, released: 7n, state: 'closed' })).not.toThrow();
  });

  it.each([
    ['do not add up', { left: 4n }],
    ['are negative', { left: -1n, posted: 9n }],
    ['are left on a closed hold', { state: 'closed' as const }],
    ['are left on a void hold', { state: 'void' as const }],
  ])('refuses amounts that %s', (_, parts) => {
    expect(() => assertHold({ ...hold, ...parts })).toThrow();
  });
});

/** The rules of deposits without a chain: what counts, whose it is, where a request stands, how far one reads. */
import fc from 'fast-check';
import type { ChainTransaction, TokenChange } from '../../../shared/core/chain.ts';
import {
  type Arrival,
  moveArrival,
  newArrival,
  readArrival,
} from '../../../shared/payments/deposits/arrival.ts';
import { attribute, requestIdsIn } from '../../../shared/payments/deposits/attribution.ts';
import {
  addPayment,
  decimalOf,
  newDepositRequest,
  payUrl,
  seePayment,
  statusOf,
} from '../../../shared/payments/deposits/deposit-request.ts';
import { overlapSlots, planPage } from '../../../shared/payments/deposits/history-paging.ts';
import { startMs } from '../../support/runtime.ts';

const watched = { token: 'usdc', account: 'ours', mint: 'USDC', owner: 'treasury' } as const;
const program = 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA';

const change = (parts: Partial<TokenChange>): TokenChange => ({
  ...{ account: 'ours', mint: 'USDC', owner: 'treasury', program, before: 0n, after: 0n },
  ...parts,
});

const transaction = (
  tokens: readonly TokenChange[],
  parts: Partial<ChainTransaction> = {},
): ChainTransaction => ({
  ...{ signature: 'sig', slot: 1n, blockTimeMs: undefined, failed: false, keys: [], tokens },
  ...{ memos: [], feePayer: 'payer', feeLamports: 5_000n, paidLamports: 5_000n },
  ...parts,
});

describe('what a transaction means for an account', () => {
  it('is what the account held after, less what it held before, however it came there', () => {
    const tokens = [
      change({ before: 5n, after: 104n }),
      // A fee was kept on the way: what was sent does not count.
      change({ account: 'theirs', owner: 'sender', before: 100n, after: 0n }),
      change({ account: 'other', owner: 'bystander', before: 7n, after: 7n }),
      change({ account: 'another', owner: 'loser', mint: 'X', before: 7n, after: 0n }),
    ];
    const reading = readArrival(watched, transaction(tokens), false);
    expect(reading).toEqual({ outcome: 'came', units: 99n, senders: ['sender'] });
  });

  it('is nothing where it failed, or does not touch the account, or changes nothing', () => {
    const nothing = { outcome: 'passed', units: 0n };
    const came = [change({ after: 9n })];
    expect(readArrival(watched, transaction(came, { failed: true }), false)).toEqual(nothing);
    expect(readArrival(watched, transaction([]), false)).toEqual(nothing);
    const same = [change({ before: 9n, after: 9n })];
    expect(readArrival(watched, transaction(same), false)).toEqual(nothing);
  });

  it('is wrong where the account is another token’s, another owner’s, or of another program', () => {
    for (const odd of [{ mint: 'X' }, { owner: 'X' }, { program: 'Token-2022' }]) {
      const reading = readArrival(watched, transaction([change({ after: 9n, ...odd })]), false);
      expect(reading).toMatchObject({ outcome: 'wrong' });
    }
  });

  it('is wrong where money leaves by a hand that is not ours', () => {
    const left = transaction([change({ before: 9n, after: 2n })]);
    expect(readArrival(watched, left, false)).toMatchObject({ outcome: 'wrong' });
    expect(readArrival(watched, left, true)).toEqual({ outcome: 'passed', units: -7n });
    const brought = transaction([change({ after: 9n })]);
    expect(readArrival(watched, brought, true)).toEqual({ outcome: 'passed', units: 9n });
  });
});

it('what is attributed is not attributed again', () => {
  const found = newArrival(watched, { signature: 'sig', slot: 1n }, startMs);
  const attribution = { kind: 'suspense', reason: 'unattributed' } as const;
  const came = { units: 5n, atMs: startMs, senders: [], attribution };
  const decided: Arrival = moveArrival(found, { status: 'attributed', ...came });
  expect(decided.version).toBe(2);
  expect(() => moveArrival(decided, { status: 'attributed', ...came })).toThrow('attributed');
  expect(() => moveArrival(decided, { status: 'unreadable', reason: '' })).toThrow('unreadable');
  expect(() => moveArrival(found, { status: 'passed', units: 0n })).not.toThrow();
});

describe('whose it is', () => {
  const named = (organisation: string, token: 'usdc' | 'io' = 'usdc') => ({
    id: `dep_${organisation}_${token}` as const,
    organisation,
    token,
    stakeDeviceId: null,
  });
  const none = { byReference: [], byMemo: [], bySender: [] };
  const whose = (clues: Partial<typeof none> | object, units = 10_000n) =>
    attribute('usdc', units, { ...none, ...clues });

  it('is said by a reference, else a memo, else the sender, else nobody', () => {
    const clues = { byReference: [named('a')], byMemo: [named('b')], bySender: ['c'] };
    const credit = { kind: 'credit', requestId: null };
    expect(whose(clues)).toMatchObject({ organisation: 'a', by: 'reference' });
    expect(whose({ ...clues, byReference: [] })).toMatchObject({ organisation: 'b', by: 'memo' });
    expect(whose({ bySender: ['c', 'c'] })).toEqual({ ...credit, organisation: 'c', by: 'sender' });
    expect(whose({})).toEqual({ kind: 'suspense', reason: 'unattributed' });
  });

  it('is nobody’s where clues of one kind name several', () => {
    const contested = { kind: 'suspense', reason: 'contested' };
    const two = [named('a'), named('b')];
    expect(whose({ byReference: two, byMemo: [named('a')] })).toEqual(contested);
    expect(whose({ byMemo: two, bySender: ['a'] })).toEqual(contested);
    const unattributed = { kind: 'suspense', reason: 'unattributed' };
    expect(whose({ bySender: ['a', 'b'] })).toEqual(unattributed);
    expect(whose({ bySender: ['a', undefined] })).toEqual(unattributed);
    expect(whose({ bySender: [undefined, 'a'] })).toEqual(unattributed);
  });

  it('is credited to the organisation of several requests, and to the one of its token', () => {
    const requests = [named('a', 'io'), named('a')];
    expect(whose({ byReference: requests })).toMatchObject({ requestId: 'dep_a_usdc' });
    expect(whose({ byReference: [named('a', 'io')] })).toMatchObject({ requestId: null });
  });

  it('does not matter below a hundredth', () => {
    expect(whose({ byReference: [named('a')] }, 9_999n)).toEqual({
      kind: 'suspense',
      reason: 'dust',
    });
  });

  it('is found in memos among other words, and in so many at most', () => {
    const id = (at: number) => `dep_01KA0ZZ9ZZ8Y7X6W5V4T3S2R${String(at).padStart(2, '0')}`;
    expect(requestIdsIn([`[7] ${id(1)}!`, id(1), 'dep_short', `${id(2)} ${id(3)}`])).toEqual([
      ...[id(1), id(2), id(3)],
    ]);
    const many = Array.from({ length: 30 }, (_, at) => id(at));
    expect(requestIdsIn(many)).toHaveLength(16);
  });
});

describe('a request', () => {
  const order = {
    id: 'dep_01KA0ZZ9ZZ8Y7X6W5V4T3S2R1Q',
    organisation: 'org',
    token: 'usdc',
    expectedUnits: 100n,
    payTo: { wallet: 'wallet', mint: 'mint' },
    stakeDeviceId: null,
    lock: null,
    createdAtMs: startMs,
  } as const;
  const request = newDepositRequest(order);
  const end = request.expiresAtMs;
  const paid = (units: bigint, atMs: number, signature = `${units} ${atMs}`) => ({
    ...{ signature, units, atMs, creditUnits: units, feeUnits: 0n, stakedUnits: 0n },
  });

  it('stands where its payments and the time put it', () => {
    expect(statusOf(request, end - 1)).toBe('open');
    expect(statusOf(request, end)).toBe('expired');
    const partial = addPayment(request, paid(99n, end - 1));
    expect([statusOf(partial, startMs), statusOf(partial, end)]).toEqual(['partial', 'partial']);
    expect(statusOf(addPayment(partial, paid(1n, end - 1)), end)).toBe('paid');
    const late = addPayment(partial, paid(1n, end));
    expect(statusOf(late, end)).toBe('late');
    expect(statusOf(addPayment(late, paid(1n, end - 1, 'told later')), end)).toBe('paid');
    const whatever = newDepositRequest({ ...order, expectedUnits: null });
    expect(statusOf(addPayment(whatever, paid(1n, end - 1)), end)).toBe('paid');
    expect(statusOf(addPayment(whatever, paid(1n, end)), end)).toBe('late');
  });

  it('shows what is confirmed until it is credited, or does not come again', () => {
    const seen = seePayment(request, { signature: 'sig', units: 5n }, startMs);
    if (seen === undefined) throw new Error('it was not seen');
    const { untilMs } = seen.seen ?? { untilMs: 0 };
    expect([statusOf(seen, untilMs - 1), statusOf(seen, untilMs)]).toEqual(['seen', 'open']);
    // Told again soon it is no news; later it is kept alive; credited it is over.
    expect(seePayment(seen, { signature: 'sig', units: 5n }, startMs + 1)).toBeUndefined();
    expect(seePayment(seen, { signature: 'sig', units: 5n }, untilMs - 1)).toBeDefined();
    const credited = addPayment(seen, paid(5n, startMs, 'sig'));
    expect(credited.seen).toBeNull();
    expect(seePayment(credited, { signature: 'sig', units: 5n }, startMs)).toBeUndefined();
  });

  it('counts every payment, and keeps the newest twenty', () => {
    let many = request;
    for (let at = 1; at <= 25; at += 1) many = addPayment(many, paid(BigInt(at), startMs + at));
    expect(many.receivedUnits).toBe(325n);
    expect(many.payments.map(({ units }) => units)).toEqual(
      Array.from({ length: 20 }, (_, at) => BigInt(at + 6)),
    );
  });

  it('is a link that wallets read, with the amount in whole tokens', () => {
    expect(payUrl({ ...request, expectedUnits: 12_500_000n })).toBe(
      `solana:wallet?amount=12.5&spl-token=mint&reference=${request.reference}&label=Raymesh&memo=${order.id}`,
    );
    expect(payUrl({ ...request, expectedUnits: null })).not.toContain('amount');
    expect(request.reference).toMatch(/^[1-9A-HJ-NP-Za-km-z]{43,44}$/);
    expect(newDepositRequest(order).reference).toBe(request.reference);
    const of = (token: 'usdc' | 'io', units: bigint) => decimalOf(token, units);
    expect([of('usdc', 1n), of('usdc', 1_000_000n), of('io', 123_456_789_012n)]).toEqual([
      ...['0.000001', '1', '1234.56789012'],
    ]);
  });
});

describe('how far a history is read', () => {
  const note = (slot: number, failed = false) => ({
    ...{ signature: `s${slot}`, slot: BigInt(slot), failed },
  });
  const all = (...slots: number[]) => new Set(slots.map((slot) => `s${slot}`));

  it('is to what is stored behind the overlap, never to what is only old or only stored', () => {
    const page = [note(900), note(800), note(500)];
    const end = { before: undefined };
    expect(planPage(page, all(900, 800, 500), 800n)).toMatchObject(end);
    expect(planPage(page, all(900, 800), 800n)).toMatchObject({ before: 's500' });
    expect(planPage(page, all(900, 800, 500), 500n)).toMatchObject({ before: 's500' });
    expect(planPage(page, all(), undefined)).toMatchObject({ before: 's500' });
    expect(planPage([], all(), 800n)).toEqual({ fresh: [], before: undefined });
  });

  it('does not end at what failed, which is stored nowhere', () => {
    const page = [note(900), note(500, true)];
    expect(planPage(page, all(900, 500), 800n)).toMatchObject({ before: 's500' });
    expect(planPage(page, all(900), 800n).fresh).toEqual([]);
  });

  it('stores each new signature once, however often and in whichever order it is told', () => {
    const slots = fc.uniqueArray(fc.nat(2_000), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(slots, slots, fc.nat(2_000), fc.nat(50), (there, known, cursor, seed) => {
        const page = [...there, ...there.slice(0, seed)].map((slot) => note(slot, slot % 7 === 0));
        const { fresh, before } = planPage(page, all(...known), BigInt(cursor));
        const expected = there.filter((slot) => slot % 7 !== 0 && !known.includes(slot));
        expect(new Set(fresh.map(({ slot }) => Number(slot)))).toEqual(new Set(expected));
        expect(fresh).toHaveLength(expected.length);
        const ends = there.some(
          (slot) => slot % 7 !== 0 && known.includes(slot) && slot <= cursor - Number(overlapSlots),
        );
        expect(before === undefined).toBe(ends);
      }),
    );
  });
});

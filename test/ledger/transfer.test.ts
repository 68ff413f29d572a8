/** Transfers: legs that sum to zero, causes that can be compared. */
import fc from 'fast-check';
import { type AccountName, recordingShards, shardFor } from '../../shared/ledger/account.ts';
import { putTransfer } from '../../shared/ledger/posting.ts';
import {
  assertTransfer,
  causeOf,
  type Leg,
  mergeLegs,
  type Transfer,
} from '../../shared/ledger/transfer.ts';

const transfer = (legs: readonly Leg[]): Transfer => ({
  id: 'grant:grt_1',
  cause: causeOf({ organisation: 'org_a', units: 1n }),
  asset: 'usd',
  code: 'grant',
  legs,
  atMs: 0,
});

const legs = (count: number): readonly Leg[] => [
  { account: 'exp:grant', units: BigInt(1 - count) },
  ...Array.from(
    { length: count - 1 },
    (_, index): Leg => ({
      account: `cust:org_${index}`,
      units: 1n,
    }),
  ),
];

describe('assertTransfer', () => {
  it('accepts 2 to 70 legs and refuses 1 and 71 (L6)', () => {
    expect(() => assertTransfer(transfer(legs(2)))).not.toThrow();
    expect(() => assertTransfer(transfer(legs(70)))).not.toThrow();
    expect(() => assertTransfer(transfer([{ account: 'exp:grant', units: 0n }]))).toThrow('fewer');
    expect(() => assertTransfer(transfer(legs(71)))).toThrow('more than 70 legs');
  });

  it.each([
    ['a sum that is not zero', [leg('exp:grant', -1n), leg('cust:org_a', 2n)]],
    ['a leg of zero', [leg('exp:grant', -1n), leg('cust:org_a', 1n), leg('debt:org_a', 0n)]],
    ['legs that are not merged', [leg('exp:grant', -2n), leg('cust:a', 1n), leg('cust:a', 1n)]],
    ['an account of no known kind', [leg('exp:grant', -1n), leg('bank:a' as 'cust:a', 1n)]],
    ['earnings without a day', [leg('exp:grant', -1n), leg('earn:a' as 'cust:a', 1n)]],
    ['earnings of a day that is none', [leg('exp:grant', -1n), leg('earn:a:x' as 'cust:a', 1n)]],
    ['an owner on a debt twice', [leg('exp:grant', -1n), leg('debt:a:b:c' as 'cust:a', 1n)]],
  ])('refuses %s', (_, wrong) => {
    expect(() => assertTransfer(transfer(wrong))).toThrow();
  });

  it('is asked before anything is written, by the id and cause as well', () => {
    expect(() => assertTransfer({ ...transfer(legs(2)), id: '' })).toThrow('without id');
    expect(() => assertTransfer({ ...transfer(legs(2)), cause: '' })).toThrow('without id');
  });
});

describe('mergeLegs', () => {
  it('leaves one leg per account, none of zero, and the same sum', () => {
    const anyLeg = fc.record({
      account: fc.constantFrom<AccountName>('cust:a', 'cust:b', 'exp:sla', 'earn:a:7'),
      units: fc.bigInt(-1000n, 1000n),
    });
    fc.assert(
      fc.property(fc.array(anyLeg), (many) => {
        const merged = mergeLegs(many);
        const sum = (list: readonly Leg[]) => list.reduce((total, { units }) => total + units, 0n);
        expect(sum(merged)).toBe(sum(many));
        expect(new Set(merged.map(({ account }) => account)).size).toBe(merged.length);
        expect(merged.every(({ units }) => units !== 0n)).toBe(true);
      }),
    );
  });
});

describe('causeOf', () => {
  it('does not depend on the order of the names, and does on every value', () => {
    expect(causeOf({ a: '1', b: 2n })).toBe(causeOf({ b: 2n, a: '1' }));
    expect(causeOf({ a: '1', b: 2n })).not.toBe(causeOf({ a: '1', b: 3n }));
    expect(causeOf({ a: '1' })).not.toBe(causeOf({ a: '1', b: '' }));
  });
});

describe('the shard of a leg', () => {
  it('is always 0 for accounts that decide', () => {
    for (const account of ['cust:a', 'debt:a', 'earn:a:1', 'sup:a'] as const) {
      expect(shardFor(account, 'grant:1')).toBe(0);
    }
  });

  it('follows from account and transfer for those that record, and spreads over all shards', () => {
    const shards = Array.from({ length: 400 }, (_, index) =>
      shardFor('exp:sla', `settle:${index}`),
    );
    expect(shards).toEqual(shards.map((_, index) => shardFor('exp:sla', `settle:${index}`)));
    expect(new Set(shards).size).toBe(recordingShards);
  });
});

it('a transfer is put only if its id is new', () => {
  expect(putTransfer(transfer(legs(2))).condition).toEqual({ exists: false });
});

function leg(account: AccountName, units: bigint): Leg {
  return { account, units };
}

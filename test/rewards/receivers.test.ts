/** Guarantees of who receives what: no base unit is lost or made between devices and organisations. */
import fc from 'fast-check';
import type { Id } from '../../shared/core/ids.ts';
import { dayMs, hourMs } from '../../shared/core/time.ts';
import { isHeld, type OwnedShare, partsOf, receiptsOf } from '../../shared/rewards/receivers.ts';
import { hourStartMs, policy } from './builders.ts';

const seeded = { seed: 9_999 };
const org = (number: number): Id<'org'> => `org_${number}`;

describe('a share with a co-staker', () => {
  it.each([
    [0, 999n, 0n],
    [1, 999n, 0n],
    [1, 10_000n, 1n],
    [5_000, 999n, 499n],
    [9_999, 999n, 998n],
    [10_000, 999n, 999n],
  ])('at %d basis points of %d gives them %d, and the owner the rest', (points, units, theirs) => {
    expect(partsOf(units, points)).toEqual({ owner: units - theirs, coStaker: theirs });
  });

  it.each([-1, 10_001, 0.5])('refuses %d basis points', (points) => {
    expect(() => partsOf(1n, points)).toThrow('basis points');
  });
});

describe('receipts', () => {
  const anyShare = fc
    .record({
      units: fc.bigInt({ min: 0n, max: 2n ** 49n }),
      owner: fc.integer({ min: 1, max: 5 }),
      coStaker: fc.option(fc.integer({ min: 6, max: 9 })),
      basisPoints: fc.constantFrom(0, 1, 2_600, 9_999, 10_000),
      held: fc.boolean(),
    })
    .map(
      ({ units, owner, coStaker, basisPoints, held }): OwnedShare => ({
        units,
        organisationId: org(owner),
        coStaker: coStaker === null ? null : { organisationId: org(coStaker), basisPoints },
        held,
      }),
    );
  const sum = (values: readonly bigint[]) => values.reduce((all, one) => all + one, 0n);

  it('sum to the shares, what is held to the held ones, each organisation once', () => {
    void fc.assert(
      fc.property(fc.array(anyShare, { maxLength: 40 }), (shares) => {
        const receipts = receiptsOf(shares);
        expect(sum(receipts.map(({ units }) => units))).toBe(sum(shares.map(({ units }) => units)));
        expect(sum(receipts.map(({ heldUnits }) => heldUnits))).toBe(
          sum(shares.filter(({ held }) => held).map(({ units }) => units)),
        );
        const ids = receipts.map(({ organisationId }) => organisationId);
        expect(ids).toEqual([...new Set(ids)].sort());
        expect(receipts.every(({ units, heldUnits }) => units > 0n && heldUnits <= units)).toBe(
          true,
        );
      }),
      seeded,
    );
  });

  it('add up what an organisation owns and what it co-stakes', () => {
    const receipts = receiptsOf([
      { units: 100n, organisationId: org(1), coStaker: null, held: false },
      {
        units: 1_000n,
        organisationId: org(2),
        coStaker: { organisationId: org(1), basisPoints: 7_400 },
        held: true,
      },
      { units: 0n, organisationId: org(3), coStaker: null, held: false },
    ]);
    expect(receipts).toEqual([
      { organisationId: org(1), units: 840n, heldUnits: 740n },
      { organisationId: org(2), units: 260n, heldUnits: 260n },
    ]);
  });
});

describe('rewards are held', () => {
  it('for three days from the first rewarded hour on, that one included', () => {
    const held = (hoursAgo: number | null) =>
      isHeld(hoursAgo === null ? null : hourStartMs - hoursAgo * hourMs, hourStartMs, policy);
    expect([held(null), held(0), held(71), held(72)]).toEqual([true, true, true, false]);
    expect(isHeld(null, hourStartMs, { heldMs: 0 })).toBe(false);
    expect(policy.heldMs).toBe(3 * dayMs);
  });
});

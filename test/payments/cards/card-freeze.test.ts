/** The rules of freezes: a case freezes once, a dispute outweighs, only what was looked at is lifted. */
import {
  casesOf,
  type FreezeState,
  freezeFor,
  liftFreeze,
  neverFrozen,
} from '../../../shared/payments/cards/card-freeze.ts';

const warning = { id: 'pi_1', reason: 'fraud_warning' } as const;
const dispute = { id: 'dp_1', reason: 'dispute' } as const;
const lift = { atMs: 9, actor: 'key_1', words: 'called the bank' };

const frozenFor = (cases: readonly (typeof warning | typeof dispute)[]): FreezeState => ({
  ...neverFrozen,
  frozen: freezeFor(neverFrozen, cases, 1) ?? null,
});
const lifted = (state: FreezeState, caseIds: readonly string[]): FreezeState => {
  const decision = liftFreeze(state, caseIds, lift);
  if (decision.outcome !== 'lifted') throw new Error(decision.outcome);
  return decision.state;
};

describe('what freezes', () => {
  it('is a dispute that is open or lost, and a warning; not a question of the bank or what was won', () => {
    const disputes = (['warning', 'open', 'won', 'lost'] as const).map((status) => ({
      id: `dp_${status}`,
      status,
      amountCents: 1n,
      fundsWithdrawn: false,
      fundsReinstated: false,
      transactions: [],
    }));
    const payment = { id: 'pi_1', disputes };
    expect(casesOf(payment, false).map(({ id }) => id)).toEqual(['dp_open', 'dp_lost']);
    expect(casesOf({ ...payment, disputes: [] }, true)).toEqual([warning]);
  });

  it('freezes once, and since the first case', () => {
    const state = frozenFor([warning]);
    expect(state.frozen).toEqual({ reason: 'fraud_warning', atMs: 1, caseIds: ['pi_1'] });
    expect(freezeFor(state, [warning], 2)).toBeUndefined();
    expect(freezeFor(neverFrozen, [], 2)).toBeUndefined();
    expect(freezeFor(state, [dispute, warning], 2)).toEqual({
      reason: 'dispute',
      atMs: 1,
      caseIds: ['pi_1', 'dp_1'],
    });
  });

  it('stays a dispute when a warning follows', () => {
    const state = frozenFor([dispute]);
    expect(freezeFor(state, [warning], 2)?.reason).toBe('dispute');
  });
});

describe('a lift', () => {
  it('needs every case to be named, and leaves the freeze as it is where one is not', () => {
    const state = frozenFor([dispute, warning]);
    expect(liftFreeze(state, ['dp_1'], lift)).toEqual({
      outcome: 'other_cases',
      caseIds: ['pi_1'],
    });
    expect(liftFreeze(neverFrozen, ['dp_1'], lift)).toEqual({ outcome: 'not_frozen' });
  });

  it('settles its cases for ever, and no other', () => {
    const state = lifted(frozenFor([dispute]), ['dp_1', 'dp_unheard']);
    expect(state.frozen).toBeNull();
    expect(state.lifted).toEqual({ reason: 'dispute', atMs: 1, caseIds: ['dp_1'], lift });
    expect(freezeFor(state, [dispute], 10)).toBeUndefined();
    expect(freezeFor(state, [{ ...dispute, id: 'dp_unheard' }], 10)).toBeDefined();
    const again = freezeFor(state, [dispute, warning], 10);
    expect(again).toEqual({ reason: 'fraud_warning', atMs: 10, caseIds: ['pi_1'] });
  });
});

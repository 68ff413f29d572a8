/** What of a treasury is as it must be: each way in which it may not be is found and named, and nothing else. */
import {
  type MintState,
  type Token,
  type TokenAccountState,
  tokenProgram,
} from '../../../shared/core/chain.ts';
import { dayMs, hourMs } from '../../../shared/core/time.ts';
import {
  type Custody,
  compareCustody,
  custodyProblems,
  differenceOf,
  isUsable,
  judgeTreasury,
  type TreasuryPlaces,
  type TreasurySight,
  waitingProblems,
} from '../../../shared/payments/treasury/treasury.ts';
import { startMs } from '../../support/runtime.ts';

const wallet = 'Wa11etOfTheTreasury';
const token2022 = 'TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb';

const places: TreasuryPlaces = {
  wallet,
  tokens: {
    usdc: { mint: 'UsdcMint', account: 'UsdcAccount' },
    io: { mint: 'IoMint', account: 'IoAccount' },
  },
};

const accountOf = (token: Token, fields: Partial<TokenAccountState> = {}): TokenAccountState => ({
  address: places.tokens[token].account,
  mint: places.tokens[token].mint,
  owner: wallet,
  program: tokenProgram,
  units: 5n,
  isFrozen: false,
  delegate: undefined,
  closeAuthority: undefined,
  ...fields,
});

const mintOf = (token: Token, fields: Partial<MintState> = {}): MintState => ({
  address: places.tokens[token].mint,
  program: tokenProgram,
  decimals: token === 'usdc' ? 6 : 8,
  supplyUnits: 10n ** 15n,
  mintAuthority: undefined,
  freezeAuthority: undefined,
  ...fields,
});

const sound: TreasurySight = {
  accounts: { usdc: accountOf('usdc'), io: accountOf('io') },
  mints: { usdc: mintOf('usdc'), io: mintOf('io') },
  lamports: 200_000_000n,
};

const withAccount = (fields: Partial<TokenAccountState>): TreasurySight => ({
  ...sound,
  accounts: { ...sound.accounts, io: accountOf('io', fields) },
});

const withMint = (mint: MintState | undefined): TreasurySight => ({
  ...sound,
  mints: { ...sound.mints, io: mint },
});

describe('a treasury', () => {
  it('is sound as it must be, also before anybody paid in', () => {
    expect(judgeTreasury(places, sound, undefined)).toEqual([]);
    const accounts = { usdc: undefined, io: undefined };
    expect(judgeTreasury(places, { ...sound, accounts }, undefined)).toEqual([]);
  });

  it.each([
    ['account_program', withAccount({ program: token2022 }), token2022],
    ['account_mint', withAccount({ mint: 'OtherMint' }), 'OtherMint'],
    ['account_owner', withAccount({ owner: 'Thief' }), 'Thief'],
    ['account_frozen', withAccount({ isFrozen: true }), 'frozen'],
    ['account_delegate', withAccount({ delegate: 'Thief' }), 'Thief may spend'],
    ['account_close_authority', withAccount({ closeAuthority: 'Thief' }), 'Thief may close'],
    ['mint_program', withMint(mintOf('io', { program: token2022 })), token2022],
    ['mint_decimals', withMint(mintOf('io', { decimals: 9 })), '9 places, not 8'],
  ])('with %s is named as that, and nothing moves through it', (code, sight, says) => {
    const problems = judgeTreasury(places, sight, undefined);
    expect(problems).toEqual([{ code, token: 'io', says: expect.stringContaining(says) }]);
    expect(isUsable(problems)).toBe(false);
  });

  describe('with an own mint', () => {
    const own = (fields: Partial<MintState>) =>
      mintOf('io', { mintAuthority: places.wallet, supplyUnits: 100n, ...fields });
    const judge = (fields: Partial<MintState>) =>
      judgeTreasury(places, withMint(own(fields)), { isMade: true, mintedUnitsMax: 100n });

    it('is sound while it alone mints, and also when some of it was burned', () => {
      expect([judge({}), judge({ supplyUnits: 99n })]).toEqual([[], []]);
    });

    it.each([
      ['mint_authority', { mintAuthority: 'Thief' }, 'Thief mints'],
      ['mint_authority', { mintAuthority: undefined }, 'undefined mints'],
      ['mint_authority', { freezeAuthority: 'Thief' }, 'Thief freezes'],
      ['mint_supply', { supplyUnits: 101n }, '101 of'],
    ])('and %s, %p, is named as that, and nothing moves through it', (code, fields, says) => {
      const problems = judge(fields);
      expect(problems).toEqual([{ code, token: 'io', says: expect.stringContaining(says) }]);
      expect(isUsable(problems)).toBe(false);
    });

    it('is missing once it was made, and not before', () => {
      const judgeMissing = (isMade: boolean) =>
        judgeTreasury(places, withMint(undefined), { isMade, mintedUnitsMax: 0n });
      expect(judgeMissing(false)).toEqual([]);
      expect(judgeMissing(true)).toMatchObject([{ code: 'mint_missing' }]);
    });
  });

  it('without the mint of one token is named as that, and the other goes on', () => {
    const problems = judgeTreasury(places, withMint(undefined), undefined);
    expect(problems).toMatchObject([{ code: 'mint_missing', token: 'io' }]);
    expect(isUsable(problems)).toBe(true);
  });

  it('with little SOL is named as that, and goes on while it lasts', () => {
    const problems = judgeTreasury(places, { ...sound, lamports: 199_999_999n }, undefined);
    expect(problems).toMatchObject([{ code: 'sol_low', token: null }]);
    expect(isUsable(problems)).toBe(true);
  });
});

describe('what is held, against the books', () => {
  const found = { heldUnits: 100n, slot: 7n, bookedUnits: 90n, unpostedUnits: 10n };

  it('is even with what is under way, to the unit', () => {
    expect(differenceOf(found)).toBe(0n);
    expect(differenceOf({ ...found, heldUnits: 101n })).toBe(1n);
    expect(differenceOf({ ...found, bookedUnits: 91n })).toBe(-1n);
    expect(differenceOf({ ...found, unpostedUnits: -10n })).toBe(20n);
  });

  it('is a problem once it has differed for two hours without a pause', () => {
    const missing = { ...found, heldUnits: 99n };
    const at = (hours: number) => startMs + hours * hourMs;
    const problemsAt = (custody: Custody, hours: number) =>
      custodyProblems('usdc', custody, at(hours));
    const first = compareCustody(missing, undefined, at(0));
    expect(problemsAt(first, 0)).toEqual([]);
    const second = compareCustody({ ...missing, heldUnits: 98n }, first, at(1));
    expect(second.differsSinceMs).toBe(at(0));
    expect(problemsAt(second, 1)).toEqual([]);
    expect(problemsAt(compareCustody(missing, second, at(2)), 2)).toEqual([
      {
        code: 'custody_differs',
        token: 'usdc',
        says: 'at slot 7 we hold 99, the ledger says 90, 10 are under way',
      },
    ]);
    const even = compareCustody(found, second, at(2));
    expect(even.differsSinceMs).toBeNull();
    expect(problemsAt(compareCustody(missing, even, at(3)), 3)).toEqual([]);
  });

  it('stops nothing by itself: payouts ask the chain each time', () => {
    expect(isUsable([{ code: 'custody_differs', token: 'io', says: '' }])).toBe(true);
  });
});

describe('what waits', () => {
  const nothing = { payouts: { count: 0, units: 0n, oldestMs: null }, oldestSuspenseMs: null };
  const codesAt = (waiting: Parameters<typeof waitingProblems>[0], afterMs: number) =>
    waitingProblems(waiting, startMs + afterMs).map(({ code }) => code);

  it('rings for a payout after two days and for suspense after seven, and not a moment before', () => {
    expect(codesAt(nothing, 1000 * dayMs)).toEqual([]);
    const payout = { ...nothing, payouts: { count: 3, units: 5n, oldestMs: startMs } };
    expect(codesAt(payout, 2 * dayMs)).toEqual([]);
    expect(codesAt(payout, 2 * dayMs + 1)).toEqual(['payout_waits']);
    const suspense = { ...nothing, oldestSuspenseMs: startMs };
    expect(codesAt(suspense, 7 * dayMs)).toEqual([]);
    expect(codesAt(suspense, 7 * dayMs + 1)).toEqual(['suspense_waits']);
    expect(isUsable(waitingProblems(suspense, startMs + 8 * dayMs))).toBe(true);
  });
});

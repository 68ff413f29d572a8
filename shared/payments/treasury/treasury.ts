/**
 * The platform's own wallet on Solana: whether its token accounts and their mints are what they must be, and
 * whether it holds what the ledger says. Whoever may spend or close an account for us, a mint of another
 * program or scale, or a missing coin shows here and nowhere else. Amounts are base units. Pure.
 */
import {
  decimalsOf,
  type MintState,
  type Token,
  type TokenAccountState,
  tokenProgram,
} from '../../core/chain.ts';
import { dayMs, hourMs } from '../../core/time.ts';
import { pricedTokens } from '../../core/token-price.ts';

/** Where the treasury's tokens are: one account per token. */
export interface TreasuryPlaces {
  /** Address of the key that KMS keeps. */
  readonly wallet: string;
  readonly tokens: Readonly<Record<Token, { readonly mint: string; readonly account: string }>>;
}

/** What has to be so of a mint of our own. */
export interface OwnMint {
  /** Whether genesis is over: before, the mint need not be there. */
  readonly isMade: boolean;
  /** The most that we have minted, what is under way included; base units. */
  readonly mintedUnitsMax: bigint;
}

/** What a node says of it, at finalized. */
export interface TreasurySight {
  /** Undefined: nobody has made the account yet; the first deposit does. */
  readonly accounts: Readonly<Record<Token, TokenAccountState | undefined>>;
  readonly mints: Readonly<Record<Token, MintState | undefined>>;
  /** Lamports of the wallet. */
  readonly lamports: bigint;
}

export const treasuryProblems = [
  'mint_missing',
  'mint_program',
  'mint_decimals',
  'mint_authority',
  'mint_supply',
  'account_program',
  'account_mint',
  'account_owner',
  'account_frozen',
  'account_delegate',
  'account_close_authority',
  'sol_low',
  'custody_differs',
  'payout_waits',
  'suspense_waits',
] as const;

export interface TreasuryProblem {
  readonly code: (typeof treasuryProblems)[number];
  /** Null where it is of no token. */
  readonly token: Token | null;
  /** What was found, as an operator reads it. */
  readonly says: string;
}

/** Fees of some 40,000 transactions, or a hundred token accounts: 0.2 SOL. */
const lamportsMin = 200_000_000n;

/** What is not as it must be; empty when all is well. `ownMint`: IO is our own; undefined: others mint it. */
export const judgeTreasury = (
  places: TreasuryPlaces,
  sight: TreasurySight,
  ownMint: OwnMint | undefined,
): readonly TreasuryProblem[] => [
  ...pricedTokens.flatMap((token) => [
    ...(token === 'io' && ownMint?.isMade === false && sight.mints.io === undefined
      ? []
      : mintProblems(token, places, sight.mints[token])),
    ...accountProblems(token, places, sight.accounts[token]),
  ]),
  ...(ownMint && sight.mints.io ? ownMintProblems(places, sight.mints.io, ownMint) : []),
  ...(sight.lamports < lamportsMin
    ? [
        {
          code: 'sol_low' as const,
          token: null,
          says: `${sight.lamports} lamports are left for fees, less than ${lamportsMin}`,
        },
      ]
    : []),
];

/** A problem where what was found is not what must be. */
const unless = (
  isRight: boolean,
  code: TreasuryProblem['code'],
  token: Token,
  says: string,
): readonly TreasuryProblem[] => (isRight ? [] : [{ code, token, says }]);

const mintProblems = (
  token: Token,
  { tokens }: TreasuryPlaces,
  mint: MintState | undefined,
): readonly TreasuryProblem[] => {
  const { mint: address } = tokens[token];
  if (mint === undefined) {
    return [{ code: 'mint_missing', token, says: `there is no mint ${address}` }];
  }
  const { program, decimals } = mint;
  return [
    ...unless(program === tokenProgram, 'mint_program', token, `${address} is of ${program}`),
    ...unless(
      decimals === decimalsOf[token],
      'mint_decimals',
      token,
      `${address} has ${decimals} places, not ${decimalsOf[token]}`,
    ),
  ];
};

/** That nobody but the treasury mints, that nobody has, and that nobody freezes what it pays. */
const ownMintProblems = (
  { wallet }: TreasuryPlaces,
  { address, mintAuthority, freezeAuthority, supplyUnits }: MintState,
  { mintedUnitsMax }: OwnMint,
): readonly TreasuryProblem[] => [
  ...unless(mintAuthority === wallet, 'mint_authority', 'io', `${mintAuthority} mints ${address}`),
  ...unless(
    freezeAuthority === undefined,
    'mint_authority',
    'io',
    `${freezeAuthority} freezes accounts of ${address}`,
  ),
  ...unless(
    supplyUnits <= mintedUnitsMax,
    'mint_supply',
    'io',
    `${supplyUnits} of ${address} are out, and we minted ${mintedUnitsMax}`,
  ),
];

const accountProblems = (
  token: Token,
  { wallet, tokens }: TreasuryPlaces,
  account: TokenAccountState | undefined,
): readonly TreasuryProblem[] => {
  if (account === undefined) return [];
  const { mint } = tokens[token];
  const { address, delegate, closeAuthority } = account;
  return [
    ...unless(
      account.program === tokenProgram,
      'account_program',
      token,
      `${address} is of ${account.program}`,
    ),
    ...unless(account.mint === mint, 'account_mint', token, `${address} holds ${account.mint}`),
    ...unless(
      account.owner === wallet,
      'account_owner',
      token,
      `${address} belongs to ${account.owner}`,
    ),
    ...unless(!account.isFrozen, 'account_frozen', token, `${address} is frozen`),
    ...unless(
      delegate === undefined,
      'account_delegate',
      token,
      `${delegate} may spend from ${address}`,
    ),
    ...unless(
      closeAuthority === undefined,
      'account_close_authority',
      token,
      `${closeAuthority} may close ${address}`,
    ),
  ];
};

/** What rings and stops nothing. Of a mint that is not there nobody holds, sends or is paid anything. */
const warnings: readonly TreasuryProblem['code'][] = [
  'mint_missing',
  'sol_low',
  'custody_differs',
  'payout_waits',
  'suspense_waits',
];

/** Whether money may move through the treasury at all. */
export const isUsable = (problems: readonly TreasuryProblem[]): boolean =>
  problems.every(({ code }) => warnings.includes(code));

/** What is held of one token, against the books. */
export interface Custody {
  /** What the account held at `slot`, finalized. */
  readonly heldUnits: bigint;
  readonly slot: bigint;
  /** What the ledger says that the chain holds for us. */
  readonly bookedUnits: bigint;
  /** Came and is not posted yet, less what left and is not posted yet: both known, one by one. */
  readonly unpostedUnits: bigint;
  /** Since when no comparison came out even; null when the last one did. */
  readonly differsSinceMs: number | null;
}

/** How much waits, and since when the oldest of it; null: nothing does. */
export interface Waiting {
  readonly count: number;
  readonly units: bigint;
  readonly oldestMs: number | null;
}

/** The treasury as it was seen last. */
export interface Treasury extends TreasuryPlaces {
  /** Lamports of the wallet. */
  readonly lamports: bigint;
  readonly custody: Readonly<Record<Token, Custody>>;
  /** All IO that is out, burned IO aside; null: there is no mint. */
  readonly ioSupplyUnits: bigint | null;
  /** What all organisations owe, in micro-dollars, and how many they are. */
  readonly debts: { readonly units: bigint; readonly organisations: number };
  /** Payouts that are not over; `units` are micro-dollars. */
  readonly payouts: Waiting;
  /** When the oldest that nobody has claimed was found; null: nothing waits. */
  readonly oldestSuspenseMs: number | null;
  readonly problems: readonly TreasuryProblem[];
  readonly checkedAtMs: number;
}

/** What is held beyond what is booked and known; below 0: what is missing. */
export const differenceOf = (custody: Omit<Custody, 'differsSinceMs'>): bigint =>
  custody.heldUnits - custody.bookedUnits - custody.unpostedUnits;

/** The comparison of now, after the one before. */
export const compareCustody = (
  found: Omit<Custody, 'differsSinceMs'>,
  before: Custody | undefined,
  nowMs: number,
): Custody => ({
  ...found,
  differsSinceMs: differenceOf(found) === 0n ? null : (before?.differsSinceMs ?? nowMs),
});

/** What is under way when the books are read explains a difference, but not one that stays. */
const differsMsMax = 2 * hourMs;

/** The problem of a difference that stays. */
export const custodyProblems = (
  token: Token,
  custody: Custody,
  nowMs: number,
): readonly TreasuryProblem[] => {
  const { differsSinceMs, heldUnits, bookedUnits, unpostedUnits, slot } = custody;
  const stays = differsSinceMs !== null && nowMs - differsSinceMs >= differsMsMax;
  return unless(
    !stays,
    'custody_differs',
    token,
    `at slot ${slot} we hold ${heldUnits}, the ledger says ${bookedUnits}, ${unpostedUnits} are under way`,
  );
};

/** A batch takes seconds; approvals and a day's limit take a day. */
const payoutMsMax = 2 * dayMs;
/** Who sent it has claimed it by then, or does not know how. */
const suspenseMsMax = 7 * dayMs;

/** What waits for too long: nobody else would notice. */
export const waitingProblems = (
  { payouts, oldestSuspenseMs }: Pick<Treasury, 'payouts' | 'oldestSuspenseMs'>,
  nowMs: number,
): readonly TreasuryProblem[] => {
  const isOlder = (sinceMs: number | null, most: number): boolean =>
    sinceMs !== null && nowMs - sinceMs > most;
  const found: TreasuryProblem[] = [];
  if (isOlder(payouts.oldestMs, payoutMsMax)) {
    const says = `a payout is neither paid nor failed after two days, of ${payouts.count} in all`;
    found.push({ code: 'payout_waits', token: null, says });
  }
  if (isOlder(oldestSuspenseMs, suspenseMsMax)) {
    found.push({
      code: 'suspense_waits',
      token: null,
      says: 'a deposit is in suspense for more than seven days',
    });
  }
  return found;
};

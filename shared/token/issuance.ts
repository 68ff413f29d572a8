/**
 * How IO of the own mint comes to be: by genesis, which makes the mint and the allocations, and by one mint a
 * day of what the day's hours released. Each is an issuance: one transaction, signed again only when the one
 * before it is proven dead, so that at most one of it ever lands. Invariants: genesis is the first, days follow
 * in order, and all of them together stay below the cap. Pure.
 */
import { assert } from '../core/assert.ts';
import type { ChainTransaction } from '../core/chain.ts';
import { sha256Hex } from '../core/hash.ts';
import { emissionHours, emissionOf, emissionTotalUnits } from './emission.ts';

const io = 100_000_000n;

/** What genesis mints, to a wallet each: base units of IO. */
export const allocations = {
  seed: 100_000_000n * io,
  series_a: 81_600_000n * io,
  core: 90_400_000n * io,
  ecosystem: 128_000_000n * io,
  community: 100_000_000n * io,
} as const;

export type AllocationName = keyof typeof allocations;

export const allocationNames = Object.keys(allocations) as readonly AllocationName[];

/** 500M IO. */
export const genesisUnits: bigint = Object.values(allocations).reduce(
  (sum, units) => sum + units,
  0n,
);

/** What is ever minted, at most: 800M IO. What is burned makes no room under it. */
export const capUnits: bigint = genesisUnits + emissionTotalUnits;

export const hoursPerDay = 24;
/** Days of emission, from 0; each is 24 hours since genesis. */
export const emissionDays: number = emissionHours / hoursPerDay;

/** `open`: nothing signed can land. `signed`: its last attempt may land. `landed`: it is finalized. `done`: posted. */
export const issuanceStatuses = ['open', 'signed', 'landed', 'done'] as const;

export type IssuanceStatus = (typeof issuanceStatuses)[number];

export type IssuanceEvent = 'sign' | 'die' | 'land' | 'post';

/** The only lifecycle: what is not here cannot happen. */
const lifecycle: Readonly<Record<IssuanceStatus, Partial<Record<IssuanceEvent, IssuanceStatus>>>> =
  {
    open: { sign: 'signed' },
    signed: { die: 'open', land: 'landed' },
    landed: { post: 'done' },
    done: {},
  };

export type IssuanceId = 'genesis' | `mint:${number}`;

/** What one wallet gets. */
export interface Receipt {
  readonly wallet: string;
  /** That wallet's associated account of the token. */
  readonly tokenAccount: string;
  /** Base units above 0. */
  readonly units: bigint;
}

export interface Issuance {
  readonly id: IssuanceId;
  /** The day of rewards that it mints; null: genesis. */
  readonly day: number | null;
  readonly mint: string;
  readonly status: IssuanceStatus;
  readonly receipts: readonly Receipt[];
  /** What its transaction says on the chain. */
  readonly memo: string;
  /** How many attempts were signed; the last of them is the one that may land. */
  readonly attempts: number;
  /** The transaction that landed; null before. */
  readonly signature: string | null;
  readonly openedAtMs: number;
  /** When it was posted; null before. */
  readonly doneAtMs: number | null;
  readonly version: number;
}

/** How far the issuances are. */
export interface IssuanceState {
  readonly mint: string;
  /** The one that is under way; null: none. */
  readonly openId: IssuanceId | null;
  readonly isGenesisDone: boolean;
  /** How many days are minted and posted: the next one has this number. */
  readonly daysMinted: number;
  /** All that was minted and posted, the allocations too; base units, without what was burned since. */
  readonly grossUnits: bigint;
  readonly version: number;
}

const mintIdOf = (day: number): IssuanceId => `mint:${day}`;

/** What an issuance mints. */
export const issuedUnits = ({ receipts }: Pick<Issuance, 'receipts'>): bigint =>
  receipts.reduce((sum, { units }) => sum + units, 0n);

/** The subject by which its transactions are found on the chain: days of other mints have other ones. */
export const issuanceSubject = ({ mint, id }: Pick<Issuance, 'mint' | 'id'>): string =>
  `${mint}:${id}`;

const opened = (
  issuance: Pick<Issuance, 'id' | 'day' | 'mint' | 'receipts' | 'memo'>,
  nowMs: number,
): Issuance => ({
  ...issuance,
  ...{ status: 'open', attempts: 0, signature: null, doneAtMs: null, openedAtMs: nowMs },
  version: 1,
});

/** Genesis to these wallets' accounts, and the state that it begins. */
export const planGenesis = (
  mint: string,
  places: Readonly<Record<AllocationName, Omit<Receipt, 'units'>>>,
  nowMs: number,
): { readonly issuance: Issuance; readonly state: IssuanceState } => {
  const receipts = allocationNames.map((name) => ({ ...places[name], units: allocations[name] }));
  const wallets = receipts.map(({ wallet }) => wallet);
  assert(new Set(wallets).size === wallets.length, 'a wallet has two allocations');
  return {
    issuance: opened({ id: 'genesis', day: null, mint, receipts, memo: 'raymesh genesis' }, nowMs),
    state: {
      ...{ mint, openId: 'genesis', isGenesisDone: false },
      ...{ daysMinted: 0, grossUnits: 0n, version: 1 },
    },
  };
};

/** An hour of a day: what it released, and the root of its statement (hex). */
export interface ReleasedHour {
  /** Its number since genesis. */
  readonly hour: number;
  /** Base units. */
  readonly units: bigint;
  readonly root: string;
}

/** The numbers of a day's hours. */
export const hoursOfDay = (day: number): readonly number[] =>
  Array.from({ length: hoursPerDay }, (_, at) => day * hoursPerDay + at);

/** The text by which the day's statements stand on the chain: the SHA-256 of their roots, joined by line feeds. */
export const mintMemo = (day: number, roots: readonly string[]): string =>
  `raymesh mint:${day} ${sha256Hex(roots.join('\n'))}`;

/**
 * The mint of the next day, to the treasury. BugError for hours that are not the day's, that released something
 * else than the schedule says, or that would go beyond the cap.
 */
export const planDay = (
  state: IssuanceState,
  {
    hours,
    to,
    nowMs,
  }: {
    readonly hours: readonly ReleasedHour[];
    readonly to: Omit<Receipt, 'units'>;
    readonly nowMs: number;
  },
): { readonly issuance: Issuance; readonly state: IssuanceState } => {
  const { daysMinted: day, mint, grossUnits } = state;
  assert(state.isGenesisDone && state.openId === null, 'a day is minted after the one before it');
  const expected = hoursOfDay(day);
  assert(
    hours.length === expected.length && hours.every(({ hour }, at) => hour === expected[at]),
    `the hours are not those of day ${day}`,
  );
  for (const { hour, units } of hours) {
    assert(units === emissionOf(hour)?.units, `hour ${hour} released ${units}`);
  }
  const units = hours.reduce((sum, each) => sum + each.units, 0n);
  assert(grossUnits + units <= capUnits, `day ${day} would go beyond the cap`);
  const id = mintIdOf(day);
  const memo = mintMemo(
    day,
    hours.map(({ root }) => root),
  );
  return {
    issuance: opened({ id, day, mint, receipts: [{ ...to, units }], memo }, nowMs),
    state: { ...state, openId: id, version: state.version + 1 },
  };
};

/** The issuance after the event; a BugError for one that cannot happen to it. */
export const movedIssuance = (
  issuance: Issuance,
  event: IssuanceEvent,
  changes: Partial<Pick<Issuance, 'attempts' | 'signature' | 'doneAtMs'>> = {},
): Issuance => {
  const status = lifecycle[issuance.status][event];
  assert(status !== undefined, `${issuance.id} is ${issuance.status}: no ${event}`);
  return { ...issuance, ...changes, status, version: issuance.version + 1 };
};

/** The state once the issuance is posted. */
export const afterIssuance = (state: IssuanceState, issuance: Issuance): IssuanceState => {
  assert(state.openId === issuance.id, `${issuance.id} is not under way`);
  const grossUnits = state.grossUnits + issuedUnits(issuance);
  assert(grossUnits <= capUnits, `${issuance.id} went beyond the cap`);
  return {
    ...state,
    ...{ openId: null, isGenesisDone: true, grossUnits },
    daysMinted: issuance.day === null ? state.daysMinted : issuance.day + 1,
    version: state.version + 1,
  };
};

/** By how much the issuance changes each token account: base units. */
export const issuanceChanges = ({ receipts }: Issuance): ReadonlyMap<string, bigint> =>
  new Map(receipts.map(({ tokenAccount, units }) => [tokenAccount, units]));

/** Where a finalized transaction did something else than the issuance says; undefined where it did that. */
export const issuanceDifference = (
  issuance: Issuance,
  { signature, tokens, failed }: ChainTransaction,
): string | undefined => {
  if (failed) return `${signature} failed, and ${issuance.id} is not minted`;
  const changes = issuanceChanges(issuance);
  const moved = tokens.filter(({ mint }) => mint === issuance.mint);
  for (const [account, units] of changes) {
    const change = moved.find((one) => one.account === account);
    const came = (change?.after ?? 0n) - (change?.before ?? 0n);
    if (came !== units) return `${signature} minted ${came} to ${account}, not ${units}`;
  }
  const other = moved.find(
    ({ account, before, after }) => !changes.has(account) && before !== after,
  );
  return other && `${signature} changed ${other.account}, which ${issuance.id} does not name`;
};

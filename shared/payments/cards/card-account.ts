/**
 * What an organisation has to do with cards: its customer at the provider, its recent top-ups, its automatic
 * top-up, and whether its cards are frozen. One item, changed under its version, so that two top-ups at
 * once cannot both fit below a limit that has room for one. Pure.
 */
import { assert } from '../../core/assert.ts';
import { dayMs, hourMs } from '../../core/time.ts';
import { monthOf } from '../../ledger/statement.ts';
import { type FreezeReason, type FreezeState, neverFrozen } from './card-freeze.ts';

/** A top-up of the last day, for the limits. Micro-dollars. */
export interface RecentTopUp {
  readonly topUpId: string;
  readonly atMs: number;
  readonly units: bigint;
  readonly automatic: boolean;
}

/** Tops up by itself when the credit falls below the threshold. Amounts in micro-dollars. */
export interface AutoTopUp {
  readonly enabled: boolean;
  readonly thresholdUnits: bigint;
  readonly amountUnits: bigint;
  /** The saved card, `pm_...`. */
  readonly cardId: string;
  /** Most automatic top-ups in 24 hours. */
  readonly perDayMax: number;
  /** Most credit that is bought automatically in a calendar month (UTC). */
  readonly monthlyUnitsMax: bigint;
  /** The month that `monthUnits` counts, `YYYY-MM`. */
  readonly month: string;
  readonly monthUnits: bigint;
  /** The one that was begun and has not ended. */
  readonly pendingTopUpId: string | null;
  /** Refusals in a row. */
  readonly failures: number;
  /** Not before; after a refusal. */
  readonly notBeforeMs: number;
  /** Why it switched itself off; null while it has not. */
  readonly stoppedReason: 'card_declined' | 'action_required' | null;
}

/** While it is frozen no card payment begins, and no cluster is ordered. */
export interface CardAccount extends FreezeState {
  readonly organisation: string;
  /** `cus_...`; null until the first top-up. */
  readonly customerId: string | null;
  /** When a card payment first succeeded; null: never. */
  readonly firstPaidAtMs: number | null;
  readonly recent: readonly RecentTopUp[];
  readonly auto: AutoTopUp | null;
  /** 0: not stored yet. */
  readonly version: number;
}

/** An organisation that never paid by card. */
export const newCardAccount = (organisation: string): CardAccount => ({
  organisation,
  customerId: null,
  firstPaidAtMs: null,
  recent: [],
  auto: null,
  ...neverFrozen,
  version: 0,
});

/** The account with these changes, one version on. */
export const changedCardAccount = (
  account: CardAccount,
  changes: Partial<CardAccount>,
): CardAccount => ({ ...account, ...changes, version: account.version + 1 });

/** What may be bought by card in 24 hours. */
export interface CardLimits {
  /** Top-ups that were begun, refused ones too, and pages on which a card is saved. */
  readonly count: number;
  /** Micro-dollars. */
  readonly units: bigint;
}

/** A stolen card shows itself within days: until then little is sold to who pays for the first time. */
const newLimits: CardLimits = { count: 10, units: 500_000_000n };
const provenLimits: CardLimits = { count: 20, units: 20_000_000_000n };
const provenAfterMs = 7 * dayMs;

/** Whether the organisation's first card payment is old enough to trust its cards. */
export const isProven = ({ firstPaidAtMs }: CardAccount, nowMs: number): boolean =>
  firstPaidAtMs !== null && nowMs - firstPaidAtMs >= provenAfterMs;

/** The limits that hold for the organisation now. */
export const limitsOf = (account: CardAccount, nowMs: number): CardLimits =>
  isProven(account, nowMs) ? provenLimits : newLimits;

export type TopUpAdmission =
  | { readonly outcome: 'admitted'; readonly account: CardAccount }
  | { readonly outcome: 'frozen'; readonly reason: FreezeReason }
  | {
      readonly outcome: 'too_fast';
      readonly limits: CardLimits;
      /** When enough of the last day's top-ups are a day old. */
      readonly againAtMs: number;
    };

/** Takes a top-up into the account, if its limits have room; the same top-up again changes nothing. */
export const admitTopUp = (
  account: CardAccount,
  topUp: { readonly id: string; readonly units: bigint; readonly automatic: boolean },
  nowMs: number,
): TopUpAdmission => {
  if (account.frozen) return { outcome: 'frozen', reason: account.frozen.reason };
  if (account.recent.some(({ topUpId }) => topUpId === topUp.id)) {
    return { outcome: 'admitted', account };
  }
  const limits = limitsOf(account, nowMs);
  const recent = account.recent.filter(({ atMs }) => atMs > nowMs - dayMs);
  const againAtMs = roomAt(recent, topUp.units, limits);
  if (againAtMs !== null) {
    return { outcome: 'too_fast', limits, againAtMs: Math.max(againAtMs, nowMs) };
  }
  const { id: topUpId, units, automatic } = topUp;
  const added = { topUpId, atMs: nowMs, units, automatic };
  return {
    outcome: 'admitted',
    account: changedCardAccount(account, { recent: [...recent, added] }),
  };
};

/** Null: there is room now; else when the oldest that stand in the way are a day old. */
const roomAt = (
  recent: readonly RecentTopUp[],
  units: bigint,
  limits: CardLimits,
): number | null => {
  let left = recent.toSorted((a, b) => a.atMs - b.atMs);
  let againAtMs: number | null = null;
  const fits = () =>
    left.length < limits.count &&
    left.reduce((sum, one) => sum + one.units, 0n) + units <= limits.units;
  while (!fits() && left.length > 0) {
    againAtMs = (left[0]?.atMs ?? 0) + dayMs;
    left = left.slice(1);
  }
  return againAtMs;
};

/**
 * Gives back the credit of a top-up that its card refused; the try goes on counting, for stolen cards are
 * tried one after the other. The same object when it took none.
 */
export const refuseTopUp = (account: CardAccount, topUpId: string): CardAccount => {
  const counts = account.recent.some((one) => one.topUpId === topUpId && one.units > 0n);
  if (!counts) return account;
  const recent = account.recent.map((one) =>
    one.topUpId === topUpId ? { ...one, units: 0n } : one,
  );
  return changedCardAccount(account, { recent });
};

/** Gives back the room of a top-up that came to nothing; the same object when it took none. */
export const dismissTopUp = (account: CardAccount, topUpId: string): CardAccount => {
  const recent = account.recent.filter((one) => one.topUpId !== topUpId);
  return recent.length === account.recent.length
    ? account
    : changedCardAccount(account, { recent });
};

/** Waits after refusals in a row; after the last one the automatic top-up switches itself off. */
const backOffMs = [hourMs, 6 * hourMs, dayMs] as const;

/** Whether an automatic top-up begins now, for this available credit. */
export const isAutoTopUpDue = (
  account: CardAccount,
  availableUnits: bigint,
  nowMs: number,
): boolean => {
  const { auto, frozen, customerId } = account;
  if (!auto?.enabled || auto.stoppedReason !== null || frozen || customerId === null) return false;
  if (availableUnits >= auto.thresholdUnits) return false;
  if (auto.pendingTopUpId !== null || nowMs < auto.notBeforeMs) return false;
  return monthUnitsAt(auto, nowMs) + auto.amountUnits <= auto.monthlyUnitsMax;
};

/** What was bought automatically in the current month. */
export const monthUnitsAt = (auto: AutoTopUp, nowMs: number): bigint =>
  auto.month === monthOf(nowMs) ? auto.monthUnits : 0n;

/** Begins an automatic top-up that is due: from here on no other begins before it has ended. */
export const beginAutoTopUp = (
  account: CardAccount,
  topUpId: string,
  nowMs: number,
): TopUpAdmission => {
  const { auto } = account;
  assert(auto !== null && auto.pendingTopUpId === null, 'an automatic top-up beside another');
  const today = account.recent.filter(({ automatic, atMs }) => automatic && atMs > nowMs - dayMs);
  if (today.length >= auto.perDayMax) {
    const limits = { count: auto.perDayMax, units: auto.monthlyUnitsMax };
    return { outcome: 'too_fast', limits, againAtMs: (today[0]?.atMs ?? nowMs) + dayMs };
  }
  const topUp = { id: topUpId, units: auto.amountUnits, automatic: true };
  const admitted = admitTopUp(account, topUp, nowMs);
  if (admitted.outcome !== 'admitted') return admitted;
  return {
    outcome: 'admitted',
    account: {
      ...admitted.account,
      auto: {
        ...auto,
        pendingTopUpId: topUpId,
        month: monthOf(nowMs),
        monthUnits: monthUnitsAt(auto, nowMs) + auto.amountUnits,
      },
    },
  };
};

/** How an automatic top-up ended; `withdrawn` before anybody asked the card, which is no refusal of it. */
export type AutoTopUpEnd = 'succeeded' | 'failed' | 'action_required' | 'withdrawn';

/** Notes the end of the pending automatic top-up; the same object when it was not the pending one. */
export const endAutoTopUp = (
  account: CardAccount,
  topUp: { readonly id: string; readonly units: bigint },
  end: AutoTopUpEnd,
  nowMs: number,
): CardAccount => {
  const { auto } = account;
  if (auto?.pendingTopUpId !== topUp.id) return account;
  if (end === 'succeeded') {
    const ended = { ...auto, pendingTopUpId: null, failures: 0, notBeforeMs: 0 };
    return changedCardAccount(account, { auto: ended });
  }
  const monthUnits =
    auto.month === monthOf(nowMs) ? auto.monthUnits - topUp.units : auto.monthUnits;
  if (end === 'withdrawn') {
    const ended = { ...auto, pendingTopUpId: null, monthUnits };
    return changedCardAccount(dismissTopUp(account, topUp.id), { auto: ended });
  }
  const failures = auto.failures + 1;
  const waitMs = backOffMs[failures - 1];
  const stoppedReason =
    end === 'action_required' ? end : waitMs === undefined ? ('card_declined' as const) : null;
  return changedCardAccount(dismissTopUp(account, topUp.id), {
    auto: {
      ...auto,
      pendingTopUpId: null,
      monthUnits,
      failures,
      notBeforeMs: nowMs + (waitMs ?? 0),
      stoppedReason,
    },
  });
};

/**
 * The freeze of an organisation's cards. Invariants: a case freezes once, whatever is heard of it again and
 * in whichever order; only an operator lifts, and only cases that were looked at; a dispute outweighs a
 * warning of fraud. A dispute that is won lifts nothing: who paid with a card that its owner disputes is
 * looked at by a person before more is taken from it. Pure.
 */
import type { ProviderPayment } from '../../core/provider-payment.ts';

/** A dispute stops what runs as well; a warning of fraud only keeps from what would be new. */
export const freezeReasons = ['dispute', 'fraud_warning'] as const;
export type FreezeReason = (typeof freezeReasons)[number];

/** What freezes, by the provider's id: the dispute's, or that of the payment that was warned of. */
export interface FreezeCase {
  readonly id: string;
  readonly reason: FreezeReason;
}

export interface CardFreeze {
  readonly reason: FreezeReason;
  /** Since when. */
  readonly atMs: number;
  readonly caseIds: readonly string[];
}

export interface FreezeLift {
  readonly atMs: number;
  /** `key_...` */
  readonly actor: string;
  readonly words: string;
}

/** Where an organisation stands; part of its card account. */
export interface FreezeState {
  readonly frozen: CardFreeze | null;
  /** The last freeze that was lifted; null: none ever was. */
  readonly lifted: (CardFreeze & { readonly lift: FreezeLift }) | null;
  /** Cases that were lifted: they freeze no more. The newest ones. */
  readonly settledCaseIds: readonly string[];
}

/** So many settled cases are remembered; an organisation with more of them is no customer any more. */
const settledMax = 200;

export const neverFrozen: FreezeState = { frozen: null, lifted: null, settledCaseIds: [] };

/** The cases that a payment is, as the provider shows it now. A dispute that is won is none. */
export const casesOf = (
  payment: Pick<ProviderPayment, 'id' | 'disputes'>,
  fraudWarning: boolean,
): readonly FreezeCase[] => [
  ...payment.disputes
    .filter(({ status }) => status === 'open' || status === 'lost')
    .map(({ id }) => ({ id, reason: 'dispute' as const })),
  ...(fraudWarning ? [{ id: payment.id, reason: 'fraud_warning' as const }] : []),
];

/** Freezes for these cases; undefined when nothing is new in them. */
export const freezeFor = (
  state: FreezeState,
  cases: readonly FreezeCase[],
  nowMs: number,
): CardFreeze | undefined => {
  const known = [...state.settledCaseIds, ...(state.frozen?.caseIds ?? [])];
  const fresh = cases.filter(({ id }) => !known.includes(id));
  if (fresh.length === 0) return undefined;
  const reasons = [...fresh.map(({ reason }) => reason), state.frozen?.reason];
  return {
    reason: reasons.includes('dispute') ? 'dispute' : 'fraud_warning',
    atMs: state.frozen?.atMs ?? nowMs,
    caseIds: [...(state.frozen?.caseIds ?? []), ...fresh.map(({ id }) => id)],
  };
};

export type LiftDecision =
  | { readonly outcome: 'lifted'; readonly state: FreezeState }
  /** Something that the operator has not named froze it, too. */
  | { readonly outcome: 'other_cases'; readonly caseIds: readonly string[] }
  | { readonly outcome: 'not_frozen' };

/** Lifts a freeze whose cases have all been looked at. */
export const liftFreeze = (
  { frozen, settledCaseIds }: FreezeState,
  seenCaseIds: readonly string[],
  lift: FreezeLift,
): LiftDecision => {
  if (!frozen) return { outcome: 'not_frozen' };
  const unseen = frozen.caseIds.filter((id) => !seenCaseIds.includes(id));
  if (unseen.length > 0) return { outcome: 'other_cases', caseIds: unseen };
  return {
    outcome: 'lifted',
    state: {
      frozen: null,
      lifted: { ...frozen, lift },
      settledCaseIds: [...settledCaseIds, ...frozen.caseIds].slice(-settledMax),
    },
  };
};

/**
 * Which organisations count as one: those that share a wallet or a card. Such a hire moves money in a circle,
 * so it is no hire to whoever asks whether a device serves a customer. A wallet ties whoever proved to hold it to
 * everybody else who held it or was paid from it; two that were only paid from the same wallet are not tied, for
 * an exchange pays for thousands. A card ties all who paid with it. Links are between two: what is linked to
 * one of them is not thereby linked to the other. Pure.
 */
import { assert } from '../core/assert.ts';

/** What several organisations may have in common. */
export interface Belonging {
  readonly kind: 'wallet' | 'card';
  /** The wallet's address; the card's fingerprint, which the provider gives to every use of its number. */
  readonly value: string;
}

/** `holder` proved to have it, or paid with the card; `user` was paid from the wallet. */
export type Tie = 'holder' | 'user';

/** Who has to do with one wallet or card. */
export interface Ties extends Belonging {
  readonly holders: readonly string[];
  /** None of them is a holder. */
  readonly users: readonly string[];
  /** 0: not stored yet. */
  readonly version: number;
}

/** So many organisations are remembered of one wallet or card; what is everybody's says nothing of anybody. */
export const tiedMax = 40;

/** Nobody has to do with it yet. */
export const noTies = ({ kind, value }: Belonging): Ties => ({
  kind,
  value,
  holders: [],
  users: [],
  version: 0,
});

export type TieDecision =
  /** It was known, or there are too many: nothing changes. */
  | { readonly outcome: 'unchanged' }
  | {
      readonly outcome: 'tied';
      readonly ties: Ties;
      /** Who counts as one with the organisation by this. */
      readonly linked: readonly string[];
    };

/** What it means that an organisation has this to do with a wallet or card. */
export const decideTie = (ties: Ties, organisation: string, tie: Tie): TieDecision => {
  const { holders, users } = ties;
  assert(ties.kind === 'wallet' || tie === 'holder', 'who pays with a card holds it');
  const isKnown =
    holders.includes(organisation) || (tie === 'user' && users.includes(organisation));
  const others = users.filter((user) => user !== organisation);
  if (isKnown || holders.length + others.length >= tiedMax) return { outcome: 'unchanged' };
  const isHolder = tie === 'holder';
  return {
    outcome: 'tied',
    ties: {
      ...ties,
      holders: isHolder ? [...holders, organisation] : holders,
      users: isHolder ? others : [...users, organisation],
      version: ties.version + 1,
    },
    linked: isHolder ? [...holders, ...others] : holders,
  };
};

/** Whether two organisations count as one; `linked`: those that are linked to the first. */
export const areLinked = (one: string, other: string, linked: ReadonlySet<string>): boolean =>
  one === other || linked.has(other);

/**
 * Which customer and supplier count as one: those that share a wallet or a card. Such a hire moves money in a
 * circle, so it is no hire to whoever asks whether a device serves a customer. All who proved to hold a wallet
 * count as one, and all who paid with a card. Whom a wallet only paid for counts as one with its holder where it
 * hires from that holder, and not the other way round: anybody can pay for anybody, and would else make a
 * stranger's earnings suspect by hiring from him. Two that were only paid for from the same wallet are not
 * linked, for an exchange pays for thousands. Links are not inherited. Pure.
 */
import { assert } from '../core/assert.ts';

/** What several organisations may have in common. */
export interface Belonging {
  readonly kind: 'wallet' | 'card';
  /** The wallet's address; the card's fingerprint, which the provider gives to every use of its number. */
  readonly value: string;
}

/** `holder` proved to have it, or paid with the card; `user` had its credit paid from the wallet. */
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

/** Where this customer hires from this supplier, the two count as one. */
export interface OneWay {
  readonly customer: string;
  readonly supplier: string;
}

export type TieDecision =
  /** It was known, or there are too many: nothing changes. */
  | { readonly outcome: 'unchanged' }
  | {
      readonly outcome: 'tied';
      readonly ties: Ties;
      /** What follows from it, known before or not. */
      readonly links: readonly OneWay[];
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
  const fromHolders = holders.map((supplier) => ({ customer: organisation, supplier }));
  const fromIt = [...holders, ...others].map((customer) => ({ customer, supplier: organisation }));
  return {
    outcome: 'tied',
    ties: {
      ...ties,
      holders: isHolder ? [...holders, organisation] : holders,
      users: isHolder ? others : [...users, organisation],
      version: ties.version + 1,
    },
    links: isHolder ? [...fromHolders, ...fromIt] : fromHolders,
  };
};

/** Whether the two count as one; `linked`: suppliers that do so with the customer. */
export const areLinked = (
  customer: string,
  supplier: string,
  linked: ReadonlySet<string>,
): boolean => customer === supplier || linked.has(supplier);

/**
 * What a transaction brought to a token account of ours. It counts by what the account held before and after,
 * never by what an instruction says, so that fees of a token, several transfers and transfers inside of
 * programs come out right. One arrival per transaction and account, found at `finalized`; where it goes is
 * fixed before anything is posted. Pure.
 */
import { assert } from '../../core/assert.ts';
import { type ChainTransaction, type Token, tokenProgram } from '../../core/chain.ts';
import type { IoPrice } from '../../ledger/io-price.ts';

/** A token account of the treasury's, and what it must be. */
export interface WatchedAccount {
  readonly token: Token;
  /** Address of the token account. */
  readonly account: string;
  readonly mint: string;
  /** The treasury's wallet. */
  readonly owner: string;
}

/** Why money is in suspense. */
export const suspenseReasons = [
  /** Nothing in the transaction says whose it is. */
  'unattributed',
  /** It names several organisations. */
  'contested',
  /** Less than a hundredth of a dollar or of an IO. */
  'dust',
  /** The platform held as much IO as it may. */
  'position_limit',
  /** IO that is worth less than a millionth of a dollar. */
  'worth_nothing',
] as const;
export type SuspenseReason = (typeof suspenseReasons)[number];

/** The reason with this name; a BugError for any other. */
export const readSuspenseReason = (text: string | undefined): SuspenseReason => {
  const reason = suspenseReasons.find((each) => each === text);
  assert(reason !== undefined, `nobody is in suspense for ${text}`);
  return reason;
};

/** Where an arrival goes. Fixed once: whoever comes later posts the same. */
export type Attribution =
  | {
      readonly kind: 'credit';
      readonly organisation: string;
      readonly by: 'reference' | 'memo' | 'sender';
      /** The request that it pays; null: none. */
      readonly requestId: string | null;
      /** What IO is counted at. Of USDC it says how much IO stands behind it; null: not known. */
      readonly price: IoPrice | null;
    }
  /** To be staked, as far as the device takes it; the rest stands beside the organisation's rewards. */
  | {
      readonly kind: 'stake';
      readonly organisation: string;
      readonly by: 'reference' | 'memo';
      /** The request that it pays. */
      readonly requestId: string;
      readonly deviceId: string;
    }
  | { readonly kind: 'suspense'; readonly reason: SuspenseReason };

/** Who takes an arrival out of suspense. Fixed once, too. */
export type Claim =
  | {
      readonly kind: 'organisation';
      readonly organisation: string;
      /** By the sending wallet's signature, or by the operator. */
      readonly by: 'sender' | 'operator';
      readonly atMs: number;
      readonly price: IoPrice | null;
    }
  /** The platform's own money, under the operator's name of its funding; or IO that is given for rewards. */
  | {
      readonly kind: 'funding';
      readonly fundingId: string;
      readonly forRewards: boolean;
      readonly atMs: number;
    };

/** Whose a claim makes it: an organisation's, or the platform's own. */
export type Claimant =
  | Pick<Extract<Claim, { readonly kind: 'organisation' }>, 'kind' | 'organisation'>
  | Pick<Extract<Claim, { readonly kind: 'funding' }>, 'kind' | 'fundingId' | 'forRewards'>;

/** Whose a claim makes it, in one name. */
export const claimantOf = (claimant: Claimant): string => {
  if (claimant.kind === 'organisation') return claimant.organisation;
  return `${claimant.forRewards ? 'rewards' : 'funding'}:${claimant.fundingId}`;
};

/** What the ledger made of it; nothing of the platform's own money. */
export interface PostedCredit {
  /** Micro-dollars of credit, what paid a debt included. */
  readonly creditUnits: bigint;
  readonly feeUnits: bigint;
  /** Base units of IO that were staked. */
  readonly stakedUnits: bigint;
}

interface Came {
  /** Base units of the token that came; above 0. */
  readonly units: bigint;
  /** When its block was made, or when we found it where no node knows. */
  readonly atMs: number;
  /** The wallets that had less of the token afterwards. */
  readonly senders: readonly string[];
  readonly attribution: Attribution;
}

export type ArrivalState =
  /** Found in the account's history, not read yet. */
  | { readonly status: 'found' }
  /** No provider gave us something that we understand. */
  | { readonly status: 'unreadable'; readonly reason: string }
  /** It brought nothing that is to be booked here; `units` is what it changed. */
  | { readonly status: 'passed'; readonly units: bigint }
  | ({ readonly status: 'attributed' } & Came)
  | ({ readonly status: 'credited'; readonly credit: PostedCredit } & Came)
  /** `reason` is the ledger's last word; a claim that is not posted yet is still in suspense. */
  | ({
      readonly status: 'in_suspense';
      readonly reason: SuspenseReason;
      readonly claim: Claim | null;
    } & Came)
  | ({ readonly status: 'claimed'; readonly claim: Claim; readonly credit: PostedCredit } & Came);

export interface Arrival {
  readonly signature: string;
  readonly account: string;
  readonly token: Token;
  readonly slot: bigint;
  readonly foundAtMs: number;
  readonly state: ArrivalState;
  readonly version: number;
}

/** What an arrival changed in its account; undefined: not known yet. */
export const unitsOf = ({ state }: Arrival): bigint | undefined =>
  'units' in state ? state.units : undefined;

/** What a transaction means for an account. */
export type Reading =
  | { readonly outcome: 'came'; readonly units: bigint; readonly senders: readonly string[] }
  | { readonly outcome: 'passed'; readonly units: bigint }
  /** It must not be so: money is at stake, and a person has to look. */
  | { readonly outcome: 'wrong'; readonly reason: string };

/** `isOurs` says whether we signed the transaction ourselves; then the ledger knows it by another name. */
export const readArrival = (
  watched: WatchedAccount,
  transaction: ChainTransaction,
  isOurs: boolean,
): Reading => {
  const { account, mint, owner } = watched;
  const change = transaction.tokens.find((each) => each.account === account);
  if (transaction.failed || change === undefined) return { outcome: 'passed', units: 0n };
  if (change.mint !== mint || change.program !== tokenProgram || change.owner !== owner) {
    return { outcome: 'wrong', reason: 'the token account is not what it was set up as' };
  }
  const units = change.after - change.before;
  if (units < 0n && !isOurs) {
    return {
      outcome: 'wrong',
      reason: 'money left the treasury by a transaction that is not ours',
    };
  }
  if (units <= 0n || isOurs) return { outcome: 'passed', units };
  const senders = transaction.tokens
    .filter((each) => each.mint === mint && each.account !== account && each.after < each.before)
    .map((each) => each.owner);
  return { outcome: 'came', units, senders: [...new Set(senders)] };
};

/** A signature that is new to us. */
export const newArrival = (
  { account, token }: Pick<WatchedAccount, 'account' | 'token'>,
  { signature, slot }: { readonly signature: string; readonly slot: bigint },
  nowMs: number,
): Arrival => ({
  ...{ account, token, signature, slot },
  foundAtMs: nowMs,
  state: { status: 'found' },
  version: 1,
});

/** Which states may follow which: nothing that is attributed is attributed again. */
const next: Readonly<Record<ArrivalState['status'], readonly ArrivalState['status'][]>> = {
  found: ['unreadable', 'passed', 'attributed'],
  unreadable: ['found'],
  passed: [],
  attributed: ['credited', 'in_suspense'],
  credited: [],
  in_suspense: ['in_suspense', 'claimed'],
  claimed: [],
};

/** The arrival in its next state; a BugError for a step that there is not. */
export const moveArrival = (arrival: Arrival, state: ArrivalState): Arrival => {
  const { status } = arrival.state;
  assert(next[status].includes(state.status), `an arrival went from ${status} to ${state.status}`);
  return { ...arrival, state, version: arrival.version + 1 };
};

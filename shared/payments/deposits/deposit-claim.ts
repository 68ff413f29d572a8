/**
 * Who may take a deposit out of suspense: whoever shows that the wallet that all of it came from is theirs. What
 * came from several wallets, or from none, only a person can tell. Pure.
 */
import { type Arrival, claimantOf } from './arrival.ts';

export type ClaimDecision =
  /** `open` is to be claimed; of all of it `arrivals` is the organisation's then. */
  | {
      readonly outcome: 'claim';
      readonly open: readonly Arrival[];
      readonly arrivals: readonly Arrival[];
    }
  /** Nothing of the transaction is, or was, in suspense. */
  | { readonly outcome: 'not_found' }
  | { readonly outcome: 'not_sender' }
  | { readonly outcome: 'no_single_sender' }
  /** Somebody else has claimed it, or was given it. */
  | { readonly outcome: 'taken' };

/** `arrivals` are those of one transaction; `wallet` is proven to be the organisation's. */
export const decideClaim = (
  arrivals: readonly Arrival[],
  organisation: string,
  wallet: string,
): ClaimDecision => {
  const suspended = arrivals.flatMap((arrival) => {
    const { state } = arrival;
    if (state.status !== 'in_suspense' && state.status !== 'claimed') return [];
    return [{ arrival, senders: state.senders, owner: state.claim && claimantOf(state.claim) }];
  });
  if (suspended.length === 0) return { outcome: 'not_found' };
  const sent = suspended.filter(({ senders }) => senders.includes(wallet));
  if (sent.length === 0) return { outcome: 'not_sender' };
  const alone = sent.filter(({ senders }) => senders.length === 1);
  if (alone.length === 0) return { outcome: 'no_single_sender' };
  const ours = alone.filter(({ owner }) => owner === null || owner === organisation);
  if (ours.length === 0) return { outcome: 'taken' };
  return {
    outcome: 'claim',
    open: ours.filter(({ owner }) => owner === null).map(({ arrival }) => arrival),
    arrivals: ours.map(({ arrival }) => arrival),
  };
};

/**
 * Brings one arrival to its end, from wherever it stands: reads its transaction, decides whose it is, posts
 * it, notes it. Each step is a conditional write or a fact under the chain's own id, so it may run twice at
 * once, and again after it died at any line. What is posted is what was decided first, whatever is decided
 * now.
 */
import { present } from '../../../shared/core/assert.ts';
import type { ChainTransaction } from '../../../shared/core/chain.ts';
import type { Write } from '../../../shared/core/database.ts';
import { getOwnTransaction } from '../../../shared/ledger/chain/own-transaction-store.ts';
import {
  type Arrival,
  type ArrivalState,
  moveArrival,
  readArrival,
  type WatchedAccount,
} from '../../../shared/payments/deposits/arrival.ts';
import { getArrival, putMovedArrival } from '../../../shared/payments/deposits/arrival-store.ts';
import { retryRefused } from '../../kit/retry.ts';
import { commit } from '../../kit/transaction.ts';
import { attributeArrival } from './attribute-arrival.ts';
import type { DepositNeeds } from './deposit-needs.ts';
import type { DepositPrices } from './deposit-prices.ts';
import { postArrival } from './post-arrival.ts';
import { postClaim } from './post-claim.ts';
import { readTransaction } from './read-transaction.ts';

/** Prices are those of a page of work. */
type PricedNeeds = DepositNeeds & { readonly prices: DepositPrices };

/** `waits`: it stays as it is, and its time will come. */
export type Processed = 'done' | 'waits' | 'unreadable';

/** Throws `solana.unavailable` when no provider knows the transaction yet. */
export const processArrival = (
  needs: PricedNeeds,
  watched: WatchedAccount,
  found: Pick<Arrival, 'signature' | 'account'>,
): Promise<Processed> =>
  retryRefused(needs, async () => {
    const asRead = await getArrival(needs.database, found.signature, found.account);
    const arrival = present(asRead, 'an arrival vanished');
    const decided =
      arrival.state.status === 'found' ? await decide(needs, watched, arrival) : arrival;
    if (decided === undefined) return 'waits';
    const { state } = decided;
    if (state.status === 'attributed') await postArrival(needs, decided);
    if (state.status === 'in_suspense' && state.claim !== null) {
      return (await postClaim(needs, decided)) ? 'done' : 'waits';
    }
    return state.status === 'unreadable' ? 'unreadable' : 'done';
  });

/** The arrival as it was decided; undefined: it cannot be decided now. */
const decide = async (
  needs: PricedNeeds,
  watched: WatchedAccount,
  arrival: Arrival,
): Promise<Arrival | undefined> => {
  const answer = await readTransaction(needs, arrival.signature);
  if (answer.outcome === 'alone') return undefined;
  const decision =
    answer.outcome === 'unreadable'
      ? nowhere({ status: 'unreadable', reason: answer.reason })
      : await decideRead(needs, watched, arrival, answer.transaction);
  if (decision === undefined) return undefined;
  const { state, writes } = decision;
  const decided = moveArrival(arrival, state);
  if (state.status === 'unreadable') {
    const { signature: transaction, account } = arrival;
    const what = { transaction, account, reason: state.reason };
    needs.log.error('deposit.unreadable', what);
    // Before it is noted: who dies in between tells it twice.
    await needs.unreadable.send(what);
  }
  await commit(needs, [...putMovedArrival(arrival, decided), ...writes]);
  return decided;
};

interface Decision {
  readonly state: ArrivalState;
  readonly writes: readonly Write[];
}

const nowhere = (state: ArrivalState): Decision => ({ state, writes: [] });

const decideRead = async (
  needs: PricedNeeds,
  watched: WatchedAccount,
  arrival: Arrival,
  transaction: ChainTransaction,
): Promise<Decision | undefined> => {
  const isOurs = (await getOwnTransaction(needs.database, arrival.signature)) !== undefined;
  const reading = readArrival(watched, transaction, isOurs);
  if (reading.outcome === 'wrong') return nowhere({ status: 'unreadable', reason: reading.reason });
  if (reading.outcome === 'passed') return nowhere({ status: 'passed', units: reading.units });
  if (watched.token === 'usdc' && !needs.prices.usdcHolds) return undefined;
  const { units, senders } = reading;
  const atMs = transaction.blockTimeMs ?? arrival.foundAtMs;
  const came = { token: watched.token, units, senders, atMs };
  const attributed = await attributeArrival(needs, needs.prices, transaction, came);
  if (attributed === undefined) return undefined;
  const { attribution, writes } = attributed;
  return { state: { status: 'attributed', units, atMs, senders, attribution }, writes };
};

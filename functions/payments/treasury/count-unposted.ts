/**
 * What the chain has done at a slot and the ledger does not know yet, one by one: arrivals that are being worked
 * off, and payouts and a mint whose transaction is finalized. What nobody has found is not counted, and neither is what
 * must not be: that shows as a difference.
 */
import type { SolanaPort } from '../../../shared/adapters/solana-port.ts';
import type { ChainTransaction, Token } from '../../../shared/core/chain.ts';
import { AppError } from '../../../shared/core/errors.ts';
import { depositId } from '../../../shared/ledger/chain/deposit.ts';
import { getOwnTransaction } from '../../../shared/ledger/chain/own-transaction-store.ts';
import { getTransfer } from '../../../shared/ledger/ledger-store.ts';
import {
  type Arrival,
  readArrival,
  type WatchedAccount,
} from '../../../shared/payments/deposits/arrival.ts';
import { listOpenArrivals } from '../../../shared/payments/deposits/arrival-store.ts';
import { getAttempt, getLaneBatch } from '../../../shared/payments/payouts/batch-store.ts';
import { lanes } from '../../../shared/payments/payouts/payout.ts';
import { getPayouts } from '../../../shared/payments/payouts/payout-store.ts';
import type { TreasuryPlaces } from '../../../shared/payments/treasury/treasury.ts';
import { issuanceChanges, issuanceSubject } from '../../../shared/token/issuance.ts';
import { getOpenIssuance } from '../../../shared/token/issuance-store.ts';
import type { Runtime } from '../../kit/runtime.ts';
import { readTransaction } from '../deposits/read-transaction.ts';

interface Looking {
  readonly providers: readonly SolanaPort[];
  readonly places: TreasuryPlaces;
  /** What happened in later blocks is not counted. */
  readonly slot: bigint;
}

type Reader = Pick<Runtime, 'database'>;

/** Enough for an hour without prices; what is beyond it waits for a later look. */
const arrivalsMax = 1_000;

/** Base units that came, less those that left. */
export const countUnposted = async (
  needs: Reader,
  looking: Looking,
): Promise<Readonly<Record<Token, bigint>>> => {
  const sums = { usdc: 0n, io: 0n };
  const { arrivals } = await listOpenArrivals(needs.database, { limit: arrivalsMax });
  for (const arrival of arrivals) {
    if (arrival.slot > looking.slot) continue;
    sums[arrival.token] += await unitsOfArrival(needs, looking, arrival);
  }
  for (const lane of lanes) {
    const batch = await getLaneBatch(needs.database, lane);
    if (batch?.status !== 'signed' && batch?.status !== 'landed') continue;
    const attempt = await getAttempt(needs.database, batch.id, batch.attempts);
    const transaction = attempt && (await readLanded(looking, attempt.signature));
    if (transaction === undefined) continue;
    const ids = batch.members.map(({ payoutId }) => payoutId);
    const payouts = await getPayouts(needs.database, ids);
    for (const { status, token, tokenUnits } of payouts) {
      if (status !== 'paid') sums[token] -= tokenUnits;
    }
  }
  sums.io += await unitsOfMint(needs, looking);
  return sums;
};

/** What a day's mint brought to the treasury and nobody has posted. */
const unitsOfMint = async ({ database }: Reader, looking: Looking): Promise<bigint> => {
  const issuance = await getOpenIssuance(database);
  if (issuance?.status !== 'signed' && issuance?.status !== 'landed') return 0n;
  const attempt = await getAttempt(database, issuanceSubject(issuance), issuance.attempts);
  const landed = attempt && (await readLanded(looking, attempt.signature));
  const { account } = looking.places.tokens.io;
  return landed === undefined ? 0n : (issuanceChanges(issuance).get(account) ?? 0n);
};

/** What the arrival brought and nobody has posted; what is claimed out of suspense was posted before. */
const unitsOfArrival = async (
  { database }: Reader,
  looking: Looking,
  arrival: Arrival,
): Promise<bigint> => {
  const { signature, account, token, state } = arrival;
  if (state.status !== 'found' && state.status !== 'attributed') return 0n;
  const posted = await getTransfer(database, depositId({ signature, tokenAccount: account }));
  if (posted !== undefined) return 0n;
  if (state.status === 'attributed') return state.units;
  const transaction = await readLanded(looking, signature);
  if (transaction === undefined) return 0n;
  const { places } = looking;
  const watched: WatchedAccount = { token, owner: places.wallet, ...places.tokens[token] };
  const isOurs = (await getOwnTransaction(database, signature)) !== undefined;
  const reading = readArrival(watched, transaction, isOurs);
  return reading.outcome === 'came' ? reading.units : 0n;
};

/** Undefined: it is not finalized by then, it failed, or nobody can tell. */
const readLanded = async (
  { providers, slot }: Looking,
  signature: string,
): Promise<ChainTransaction | undefined> => {
  try {
    const answer = await readTransaction({ chain: async () => providers }, signature);
    if (answer.outcome !== 'read' || answer.transaction.failed) return undefined;
    return answer.transaction.slot <= slot ? answer.transaction : undefined;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return undefined;
  }
};

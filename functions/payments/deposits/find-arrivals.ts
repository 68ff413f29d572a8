/**
 * Reads an account's finalized history and stores each signature that is new, from every provider: what one of
 * them leaves out another tells. A provider's cursor moves when all that it told is stored. A provider that
 * does not answer, or answers older than before, holds up nobody but itself.
 */
import type { HistoryPage, SolanaPort } from '../../../shared/adapters/solana-port.ts';
import { WriteRefused } from '../../../shared/core/database.ts';
import { AppError } from '../../../shared/core/errors.ts';
import { newArrival, type WatchedAccount } from '../../../shared/payments/deposits/arrival.ts';
import { findStored, putNewArrival } from '../../../shared/payments/deposits/arrival-store.ts';
import {
  isBehind,
  type PagePlan,
  planPage,
} from '../../../shared/payments/deposits/history-paging.ts';
import { getCursors, moveCursor } from '../../../shared/payments/deposits/poll-store.ts';
import type { DepositNeeds } from './deposit-needs.ts';
import { inParallel } from './in-parallel.ts';

/** The most that a node answers. */
const pageSize = 1_000;
/** A history of so many pages is read in several runs: what is stored is passed over quickly. */
const pagesMax = 10_000;
const writesAtOnce = 32;

type Reader = Pick<DepositNeeds, 'database' | 'clock' | 'log'>;
type Watched = Pick<WatchedAccount, 'account' | 'token'>;

/** Throws `solana.unavailable` when no provider could be read. */
export const findArrivals = (
  needs: Reader,
  providers: readonly SolanaPort[],
  watched: WatchedAccount,
): Promise<void> =>
  askEach(needs, providers, async (provider) => {
    const cursors = await getCursors(needs.database, watched.account);
    const cursor = cursors.get(provider.provider);
    // A provider that is new goes back to where the slowest of the others is.
    const downTo = cursor ?? lowest([...cursors.values()]);
    const tip = await provider.getFinalizedSlot();
    const slotMin = cursor !== undefined && cursor > tip ? cursor : tip;
    await readHistory(needs, provider, watched, slotMin, (page, stored) =>
      planPage(page, stored, downTo),
    );
    await needs.database.write(moveCursor(watched.account, provider.provider, slotMin));
  });

/** Reads again all that lies after `downTo`, whatever is stored and wherever the cursors are. */
export const findArrivalsSince = (
  needs: Reader,
  providers: readonly SolanaPort[],
  watched: WatchedAccount,
  slots: bigint,
): Promise<void> =>
  askEach(needs, providers, async (provider) => {
    const tip = await provider.getFinalizedSlot();
    await readHistory(needs, provider, watched, tip, (page, stored) => ({
      ...planPage(page, stored, undefined),
      ...(isBehind(page, tip - slots) ? { before: undefined } : {}),
    }));
  });

const lowest = (slots: readonly bigint[]): bigint | undefined =>
  slots.length === 0 ? undefined : slots.reduce((a, b) => (a < b ? a : b));

const askEach = async (
  { log }: Reader,
  providers: readonly SolanaPort[],
  ask: (provider: SolanaPort) => Promise<void>,
): Promise<void> => {
  let failures = 0;
  for (const provider of providers) {
    try {
      await ask(provider);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      failures += 1;
      log.warn('deposits.provider_failed', { provider: provider.provider, error });
      if (failures === providers.length) throw error;
    }
  }
};

const readHistory = async (
  needs: Reader,
  provider: SolanaPort,
  watched: Watched,
  slotMin: bigint,
  plan: (
    page: Awaited<ReturnType<SolanaPort['listSignatures']>>,
    stored: ReadonlySet<string>,
  ) => PagePlan,
): Promise<void> => {
  let before: string | undefined;
  for (let pages = 0; pages < pagesMax; pages += 1) {
    const order: HistoryPage = { before, limit: pageSize, slotMin };
    const page = await provider.listSignatures(watched.account, order);
    const signatures = page.map(({ signature }) => signature);
    const stored = await findStored(needs.database, watched.account, signatures);
    const { fresh, before: next } = plan(page, stored);
    await inParallel(fresh, writesAtOnce, (note) => storeNew(needs, watched, note));
    if (next === undefined) return;
    // A node that does not know where the page begins answers the newest one, for ever.
    if (next === before) break;
    before = next;
  }
  throw new AppError('solana.unavailable', {
    details: { provider: provider.provider, reason: 'a history without an end' },
  });
};

const storeNew = async (
  needs: Reader,
  { account, token }: Watched,
  note: { readonly signature: string; readonly slot: bigint },
): Promise<void> => {
  try {
    const arrival = newArrival({ account, token }, note, needs.clock.nowMs());
    await needs.database.write(putNewArrival(arrival));
  } catch (error) {
    if (!(error instanceof WriteRefused)) throw error;
  }
};

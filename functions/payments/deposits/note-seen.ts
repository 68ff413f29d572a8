/**
 * Notes on requests what is confirmed and not final yet, so that who paid sees it at once. It is a courtesy:
 * nothing is credited for it, it is taken back by itself when it does not come again, and what goes wrong with
 * it stops nothing.
 */
import type { SolanaPort } from '../../../shared/adapters/solana-port.ts';
import { WriteRefused } from '../../../shared/core/database.ts';
import { AppError } from '../../../shared/core/errors.ts';
import { readArrival, type WatchedAccount } from '../../../shared/payments/deposits/arrival.ts';
import { findStored } from '../../../shared/payments/deposits/arrival-store.ts';
import { requestIdsIn } from '../../../shared/payments/deposits/attribution.ts';
import { seePayment } from '../../../shared/payments/deposits/deposit-request.ts';
import {
  findByReference,
  findDepositRequests,
  putDepositRequest,
} from '../../../shared/payments/deposits/deposit-request-store.ts';
import type { DepositNeeds } from './deposit-needs.ts';

/** At most so many are looked at in a run: the rest is credited soon. */
const looksMax = 25;

export const noteSeen = async (
  needs: DepositNeeds,
  watched: readonly WatchedAccount[],
): Promise<void> => {
  try {
    const [provider] = await needs.chain();
    if (provider === undefined) return;
    for (const account of watched) await noteSeenOn(needs, provider, account);
  } catch (error) {
    // Who pays meanwhile, or a node that is tired: the next run looks again.
    if (!(error instanceof AppError) && !(error instanceof WriteRefused)) throw error;
    needs.log.warn('deposits.seen_failed', { error });
  }
};

const noteSeenOn = async (
  needs: DepositNeeds,
  provider: SolanaPort,
  watched: WatchedAccount,
): Promise<void> => {
  const { account } = watched;
  const order = { limit: looksMax, commitment: 'confirmed' } as const;
  const notes = (await provider.listSignatures(account, order)).filter(({ failed }) => !failed);
  const signatures = notes.map(({ signature }) => signature);
  const stored = await findStored(needs.database, account, signatures);
  for (const signature of signatures.filter((each) => !stored.has(each))) {
    const reading = await provider.getTransaction(signature, 'confirmed');
    if (reading.outcome !== 'read') continue;
    const { transaction } = reading;
    const came = readArrival(watched, transaction, false);
    if (came.outcome !== 'came') continue;
    const requests = [
      ...(await findByReference(needs.database, transaction.keys)),
      ...(await findDepositRequests(needs.database, requestIdsIn(transaction.memos))),
    ];
    const request = requests.find(({ token }) => token === watched.token);
    const seen =
      request && seePayment(request, { signature, units: came.units }, needs.clock.nowMs());
    if (seen) await needs.database.write(putDepositRequest(seen));
  }
};

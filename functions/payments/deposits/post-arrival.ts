/**
 * Posts an arrival as it was attributed, and notes on it and on its request what became of it. The ledger has
 * the last word: IO beyond the limit of our position is in suspense, whoever sent it.
 */
import { assert } from '../../../shared/core/assert.ts';
import type { Write } from '../../../shared/core/database.ts';
import type { DepositEnding } from '../../../shared/ledger/chain/deposit.ts';
import {
  type Arrival,
  type Attribution,
  moveArrival,
  type PostedCredit,
  readSuspenseReason,
} from '../../../shared/payments/deposits/arrival.ts';
import { putMovedArrival } from '../../../shared/payments/deposits/arrival-store.ts';
import { addPayment } from '../../../shared/payments/deposits/deposit-request.ts';
import {
  getDepositRequest,
  putDepositRequest,
} from '../../../shared/payments/deposits/deposit-request-store.ts';
import { commit } from '../../kit/transaction.ts';
import { postDeposit } from '../../ledger/chain/post-deposit.ts';
import type { DepositNeeds } from './deposit-needs.ts';
import { noteSenders } from './note-senders.ts';

export const postArrival = async (
  needs: Pick<DepositNeeds, 'database' | 'clock' | 'randomness' | 'pause' | 'ioPositionLimit'>,
  arrival: Arrival,
): Promise<void> => {
  const { signature, account: tokenAccount, token, state } = arrival;
  assert(state.status === 'attributed', 'an arrival was posted before it was attributed');
  const { status: _, ...came } = state;
  const fact = { signature, tokenAccount, token, units: came.units };
  const ending = endingOf(came.attribution);
  if (came.attribution.kind === 'credit') {
    await noteSenders(needs, came, came.attribution.organisation);
  }
  const posted = await postDeposit(needs, { ...fact, ending }, needs.ioPositionLimit);
  if (posted.ended === 'suspense') {
    const reason = readSuspenseReason(posted.transfer.reason ?? reasonOf(came.attribution));
    const suspended = moveArrival(arrival, { status: 'in_suspense', ...came, reason, claim: null });
    return commit(needs, putMovedArrival(arrival, suspended));
  }
  const { creditUnits, feeUnits } = posted;
  const credit = { creditUnits, feeUnits };
  const credited = moveArrival(arrival, { status: 'credited', ...came, credit });
  const note = await noteOnRequest(needs, arrival, credit);
  await commit(needs, [...putMovedArrival(arrival, credited), ...note]);
};

const reasonOf = (attribution: Attribution): string | undefined =>
  attribution.kind === 'suspense' ? attribution.reason : undefined;

const endingOf = (attribution: Attribution): DepositEnding => {
  if (attribution.kind === 'suspense') return { kind: 'suspense', reason: attribution.reason };
  const { organisation, price } = attribution;
  return { kind: 'credit', organisation, ...(price ? { price } : {}) };
};

/** Together with the arrival's own end, so that a request counts each payment once. */
const noteOnRequest = async (
  { database }: Pick<DepositNeeds, 'database'>,
  { signature, state }: Arrival,
  credit: PostedCredit,
): Promise<readonly Write[]> => {
  assert(state.status === 'attributed' && state.attribution.kind === 'credit', 'nobody was named');
  const { requestId } = state.attribution;
  if (requestId === null) return [];
  const request = await getDepositRequest(database, requestId);
  assert(request !== undefined, `${requestId} is gone`);
  const payment = { signature, units: state.units, atMs: state.atMs, ...credit };
  return [putDepositRequest(addPayment(request, payment))];
};

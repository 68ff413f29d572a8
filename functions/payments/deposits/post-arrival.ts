/**
 * Posts an arrival as it was attributed, and notes on it and on its request what became of it. The ledger has
 * the last word: IO beyond the limit of our position is in suspense, whoever sent it, and a stake takes what it
 * has room for.
 */
import { assert } from '../../../shared/core/assert.ts';
import type { Write } from '../../../shared/core/database.ts';
import type { Arrival as Fact } from '../../../shared/ledger/chain/deposit.ts';
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
import { type DepositPosted, postDeposit } from '../../ledger/chain/post-deposit.ts';
import { postStakeDeposit } from '../../rewards/stakes/post-stake-deposit.ts';
import type { DepositNeeds } from './deposit-needs.ts';
import { noteSenders } from './note-senders.ts';

type PostingNeeds = Pick<
  DepositNeeds,
  'database' | 'clock' | 'randomness' | 'pause' | 'stage' | 'ioPositionLimit'
>;

export const postArrival = async (needs: PostingNeeds, arrival: Arrival): Promise<void> => {
  const { signature, account: tokenAccount, token, state } = arrival;
  assert(state.status === 'attributed', 'an arrival was posted before it was attributed');
  const { status: _, ...came } = state;
  const fact = { signature, tokenAccount, token, units: came.units };
  if (came.attribution.kind !== 'suspense') {
    await noteSenders(needs, came, came.attribution.organisation);
  }
  const posted = await post(needs, fact, came.attribution);
  if (posted.ended === 'suspense') {
    const reason = readSuspenseReason(posted.transfer.reason ?? reasonOf(came.attribution));
    const suspended = moveArrival(arrival, { status: 'in_suspense', ...came, reason, claim: null });
    return commit(needs, putMovedArrival(arrival, suspended));
  }
  const { creditUnits, feeUnits, stakeUnits: stakedUnits } = posted;
  const credit = { creditUnits, feeUnits, stakedUnits };
  const credited = moveArrival(arrival, { status: 'credited', ...came, credit });
  const note = await noteOnRequest(needs, arrival, credit);
  await commit(needs, [...putMovedArrival(arrival, credited), ...note]);
};

const reasonOf = (attribution: Attribution): string | undefined =>
  attribution.kind === 'suspense' ? attribution.reason : undefined;

const post = (
  needs: PostingNeeds,
  fact: Fact,
  attribution: Attribution,
): Promise<DepositPosted> => {
  const { kind } = attribution;
  switch (kind) {
    case 'suspense': {
      const ending = { kind, reason: attribution.reason };
      return postDeposit(needs, { ...fact, ending }, needs.ioPositionLimit);
    }
    case 'credit': {
      const { organisation, price } = attribution;
      const ending = { kind, organisation, ...(price ? { price } : {}) };
      return postDeposit(needs, { ...fact, ending }, needs.ioPositionLimit);
    }
    case 'stake':
      return postStakeDeposit(needs, fact, attribution);
  }
};

/** Together with the arrival's own end, so that a request counts each payment once. */
const noteOnRequest = async (
  { database }: Pick<DepositNeeds, 'database'>,
  { signature, state }: Arrival,
  credit: PostedCredit,
): Promise<readonly Write[]> => {
  assert(
    state.status === 'attributed' && state.attribution.kind !== 'suspense',
    'nobody was named',
  );
  const { requestId } = state.attribution;
  if (requestId === null) return [];
  const request = await getDepositRequest(database, requestId);
  assert(request !== undefined, `${requestId} is gone`);
  const payment = { signature, units: state.units, atMs: state.atMs, ...credit };
  return [putDepositRequest(addPayment(request, payment))];
};

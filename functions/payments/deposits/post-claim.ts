/** Posts a claim that was decided, and notes it. Where the position has no room for the IO, the claim waits. */
import { assert } from '../../../shared/core/assert.ts';
import {
  type Arrival,
  type Claim,
  moveArrival,
} from '../../../shared/payments/deposits/arrival.ts';
import { putMovedArrival } from '../../../shared/payments/deposits/arrival-store.ts';
import { commit } from '../../kit/transaction.ts';
import { claimSuspense } from '../../ledger/chain/claim-suspense.ts';
import type { DepositNeeds } from './deposit-needs.ts';
import { noteSenders } from './note-senders.ts';

/** Whether it is posted. */
export const postClaim = async (
  needs: Pick<DepositNeeds, 'database' | 'clock' | 'randomness' | 'pause' | 'ioPositionLimit'>,
  arrival: Arrival,
): Promise<boolean> => {
  const { signature, account: tokenAccount, token, state } = arrival;
  assert(state.status === 'in_suspense' && state.claim !== null, 'nobody claimed the arrival');
  const { status: _, reason: __, claim, ...came } = state;
  const fact = { signature, tokenAccount, token, units: came.units };
  if (claim.kind === 'organisation') await noteSenders(needs, came, claim.organisation);
  const posted = await claimSuspense(needs, { ...fact, ...ownerOf(claim) }, needs.ioPositionLimit);
  assert(posted.outcome !== 'nothing_in_suspense', `nothing of ${signature} is in suspense`);
  if (!('creditUnits' in posted)) return false;
  const { creditUnits, feeUnits } = posted;
  const credit = { creditUnits, feeUnits, stakedUnits: 0n };
  const claimed = moveArrival(arrival, { status: 'claimed', ...came, claim, credit });
  await commit(needs, putMovedArrival(arrival, claimed));
  return true;
};

const ownerOf = (claim: Claim) => {
  if (claim.kind === 'funding') {
    return { fundingId: claim.fundingId, forRewards: claim.forRewards };
  }
  const { organisation, price } = claim;
  return price === null ? { organisation } : { organisation, price };
};

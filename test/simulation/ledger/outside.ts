/** Facts of the card provider, in one line each, for tests that need one and do not study it. */
import { postDisputeOpened } from '../../../functions/ledger/post-card-reversal.ts';
import type { Posted, PostingNeeds } from '../../../functions/ledger/post-fact.ts';
import { postTopUp } from '../../../functions/ledger/post-top-up.ts';

export interface OutsideFact {
  readonly id: string;
  readonly organisation: string;
  readonly units: bigint;
}

/** A card payment without fee and liability shift; `id` is the payment's. */
export const topUp = (needs: PostingNeeds, fact: OutsideFact): Promise<Posted> => {
  const { id: paymentId, organisation, units } = fact;
  return postTopUp(needs, {
    paymentId,
    organisation,
    units,
    feeUnits: 0n,
    liabilityShifted: false,
  });
};

/** A dispute of a payment that the ledger never heard of; `id` is the dispute's. */
export const dispute = (needs: PostingNeeds, fact: OutsideFact): Promise<Posted> => {
  const { id: disputeId, organisation, units } = fact;
  return postDisputeOpened(needs, {
    disputeId,
    paymentId: `pi_of_${disputeId}`,
    organisation,
    units,
  });
};

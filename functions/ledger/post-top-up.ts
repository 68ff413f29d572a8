/** Credits a card payment, once, whatever told us of it and how often. */
import { unknownPayment } from '../../shared/ledger/card-payment.ts';
import { getPayment } from '../../shared/ledger/card-store.ts';
import { getCredit } from '../../shared/ledger/ledger-store.ts';
import { planTopUp, type TopUpFact } from '../../shared/ledger/top-up.ts';
import { type Posted, type PostingNeeds, postFact } from './post-fact.ts';

/** Call with what the provider says of the payment now, never with what an event said of it. */
export const postTopUp = (needs: PostingNeeds, fact: TopUpFact): Promise<Posted> =>
  postFact(needs, async () => {
    const { paymentId, organisation } = fact;
    const known = await getPayment(needs.database, paymentId);
    const payment = known ?? unknownPayment(paymentId, organisation);
    const credit = await getCredit(needs.database, organisation);
    return planTopUp({ ...fact, ...credit, payment, nowMs: needs.clock.nowMs() });
  });

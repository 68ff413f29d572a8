/**
 * Task `top-up-automatically`: buys credit with the saved card for whom it runs low. One at a time for each
 * organisation: the card account remembers the one that was begun, in the write that begins it, so however
 * many runs see the low balance, the card is charged once. A run that died is gone on with by the next.
 */
import { present } from '../../shared/core/assert.ts';
import { newId } from '../../shared/core/ids.ts';
import { hourMs } from '../../shared/core/time.ts';
import { customerAccount } from '../../shared/ledger/account.ts';
import { getAccount } from '../../shared/ledger/ledger-store.ts';
import {
  beginAutoTopUp,
  endAutoTopUp,
  isAutoTopUpDue,
} from '../../shared/payments/card-account.ts';
import {
  autoTopUpShards,
  getCardAccount,
  listAutoTopUps,
  putCardAccount,
} from '../../shared/payments/card-account-store.ts';
import { changedTopUp, newTopUp, payableCents, type TopUp } from '../../shared/payments/top-up.ts';
import { getTopUp, putTopUp } from '../../shared/payments/top-up-store.ts';
import { retryRefused } from '../kit/retry.ts';
import { forEachDue, type TaskOutcome } from '../kit/schedule.ts';
import { commit } from '../kit/transaction.ts';
import type { PaymentNeeds } from './payment-needs.ts';
import { reconcilePayment } from './reconcile-payment.ts';

const pageSize = 100;
/** The provider remembers a payment's key for a day: after half of it nobody asks under that key again. */
const askAgainMsMax = 12 * hourMs;

export const topUpAutomatically = async (needs: PaymentNeeds): Promise<TaskOutcome> => {
  const organisations: string[] = [];
  for (let shard = 0; shard < autoTopUpShards; shard += 1) {
    let cursor: string | undefined;
    do {
      const page = await listAutoTopUps(needs.database, { shard, limit: pageSize, cursor });
      organisations.push(...page.organisations);
      cursor = page.next;
    } while (cursor !== undefined);
  }
  return forEachDue(needs, organisations, (organisation) => topUpIfLow(needs, organisation));
};

const topUpIfLow = async (needs: PaymentNeeds, organisation: string): Promise<void> => {
  const topUp = await pendingTopUp(needs, organisation);
  if (topUp !== undefined) await pay(needs, topUp);
};

/** The automatic top-up that is under way, begun now if it is due; undefined when none is. */
const pendingTopUp = (needs: PaymentNeeds, organisation: string): Promise<TopUp | undefined> =>
  retryRefused(needs, async () => {
    const nowMs = needs.clock.nowMs();
    const account = await getCardAccount(needs.database, organisation);
    const pendingId = account.auto?.pendingTopUpId ?? null;
    if (pendingId !== null) {
      return present(
        await getTopUp(needs.database, pendingId),
        `${pendingId} was begun and is gone`,
      );
    }
    const { available } = await getAccount(needs.database, customerAccount(organisation));
    if (!isAutoTopUpDue(account, available, nowMs)) return undefined;
    const units = present(account.auto, 'nothing is set').amountUnits;
    const id = newId('top', nowMs, needs.randomness);
    const begun = beginAutoTopUp(account, id, nowMs);
    if (begun.outcome !== 'admitted') return undefined;
    const order = { id, organisation, source: 'automatic' as const, units, nowMs };
    const topUp = newTopUp({ ...order, expiresAtMs: null });
    await commit(needs, [putTopUp(topUp), putCardAccount(begun.account)]);
    return topUp;
  });

const pay = async (needs: PaymentNeeds, topUp: TopUp): Promise<void> => {
  const { id, organisation, paymentId, createdAtMs } = topUp;
  if (paymentId !== null) return reconcilePayment(needs, paymentId);
  const account = await getCardAccount(needs.database, organisation);
  if (needs.clock.nowMs() - createdAtMs > askAgainMsMax) return giveUp(needs, topUp);
  const paid = await (await needs.stripe()).payWithSavedCard({
    topUpId: id,
    organisation,
    customerId: present(account.customerId, `${organisation} is no customer`),
    paymentMethodId: present(account.auto, 'nothing is set').cardId,
    cents: payableCents(topUp),
    returnUrl: null,
    authenticates: false,
  });
  await reconcilePayment(needs, paid);
};

/** Ends one of which nobody heard: should it have been paid, its event credits it all the same. */
const giveUp = (needs: PaymentNeeds, { id, organisation }: TopUp): Promise<void> =>
  retryRefused(needs, async () => {
    const topUp = present(await getTopUp(needs.database, id), `${id} is gone`);
    if (topUp.status !== 'pending') return;
    needs.log.error('top_up.given_up', { top_up_id: id, organisation_id: organisation });
    const account = await getCardAccount(needs.database, organisation);
    await commit(needs, [
      putTopUp(changedTopUp(topUp, { status: 'failed' })),
      putCardAccount({
        ...endAutoTopUp(account, topUp, 'failed', needs.clock.nowMs()),
        version: account.version + 1,
      }),
    ]);
  });

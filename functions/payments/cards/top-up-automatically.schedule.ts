/**
 * Task `top-up-automatically`: buys credit with the saved card for whom it runs low. One at a time for each
 * organisation: the card account remembers the one that was begun, in the write that begins it, so however
 * many runs see the low balance, the card is charged once. A run that died is gone on with by the next.
 */
import { present } from '../../../shared/core/assert.ts';
import { newId } from '../../../shared/core/ids.ts';
import { customerAccount } from '../../../shared/ledger/account.ts';
import { getAccount } from '../../../shared/ledger/ledger-store.ts';
import { beginAutoTopUp, isAutoTopUpDue } from '../../../shared/payments/cards/card-account.ts';
import {
  autoTopUpShards,
  getCardAccount,
  listAutoTopUps,
  putCardAccount,
} from '../../../shared/payments/cards/card-account-store.ts';
import { newTopUp, payableCents, type TopUp } from '../../../shared/payments/cards/top-up.ts';
import { getTopUp, putTopUp } from '../../../shared/payments/cards/top-up-store.ts';
import { retryRefused } from '../../kit/retry.ts';
import { forEachDue, type TaskOutcome } from '../../kit/schedule.ts';
import { commit } from '../../kit/transaction.ts';
import { endUnpaid, obstacleOf } from './end-unpaid.ts';
import type { PaymentNeeds } from './payment-needs.ts';
import { reconcilePayment } from './reconcile-payment.ts';

const pageSize = 100;

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
    const { amountUnits: units, cardId } = present(account.auto, 'nothing is set');
    const id = newId('top', nowMs, needs.randomness);
    const begun = beginAutoTopUp(account, id, nowMs);
    if (begun.outcome !== 'admitted') return undefined;
    const order = { id, organisation, source: 'automatic' as const, units, nowMs, cardId };
    const topUp = newTopUp({ ...order, expiresAtMs: null });
    await commit(needs, [putTopUp(topUp), putCardAccount(begun.account)]);
    return topUp;
  });

const pay = async (needs: PaymentNeeds, topUp: TopUp): Promise<void> => {
  const { id, organisation, paymentId } = topUp;
  if (paymentId !== null) return reconcilePayment(needs, paymentId);
  const account = await getCardAccount(needs.database, organisation);
  const obstacle = obstacleOf(account, topUp, needs.clock.nowMs());
  if (obstacle !== undefined) return endUnpaid(needs, topUp, account.customerId, obstacle);
  const paid = await (await needs.stripe()).payWithSavedCard({
    topUpId: id,
    organisation,
    customerId: present(account.customerId, `${organisation} is no customer`),
    // The card of its beginning: another one under the same key would be another order.
    paymentMethodId: topUp.cardId ?? present(account.auto, 'nothing is set').cardId,
    cents: payableCents(topUp),
    returnUrl: null,
    authenticates: false,
  });
  await reconcilePayment(needs, paid);
};

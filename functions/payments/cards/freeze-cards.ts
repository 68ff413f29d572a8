/**
 * Freezes an organisation's cards for what a payment turned out to be: one transaction marks its card
 * account, what it may spend, and the operator's list. From it on no order is committed; after a dispute
 * the minute's watch stops what runs. The same case again, before or after it was lifted, changes nothing.
 */
import type { Id } from '../../../shared/core/ids.ts';
import { freezeSpending, getSpending } from '../../../shared/payments/budgets/budget-store.ts';
import { changedCardAccount } from '../../../shared/payments/cards/card-account.ts';
import {
  getCardAccount,
  listFrozen,
  putCardAccount,
} from '../../../shared/payments/cards/card-account-store.ts';
import { type FreezeCase, freezeFor } from '../../../shared/payments/cards/card-freeze.ts';
import { retryRefused } from '../../kit/retry.ts';
import type { Runtime } from '../../kit/runtime.ts';
import { commit } from '../../kit/transaction.ts';

export const freezeCards = (
  needs: Pick<Runtime, 'database' | 'randomness' | 'pause' | 'clock' | 'log'>,
  organisation: string,
  cases: readonly FreezeCase[],
): Promise<void> =>
  retryRefused(needs, async () => {
    const account = await getCardAccount(needs.database, organisation);
    const frozen = freezeFor(account, cases, needs.clock.nowMs());
    if (!frozen) return;
    const { reason, caseIds } = frozen;
    needs.log.error('cards.frozen', { organisation_id: organisation, reason, case_ids: caseIds });
    const next = changedCardAccount(account, { frozen });
    const spending = await getSpending(needs.database, organisation as Id<'org'>);
    await commit(needs, [
      putCardAccount(next),
      listFrozen(next),
      ...freezeSpending(spending, reason),
    ]);
  });

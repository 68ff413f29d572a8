/**
 * POST /v1/card-freezes/{organisation_id}/lift: the operator has looked at the cases and lets the
 * organisation pay and order again. One transaction with the operator's audit event. What was lifted
 * before is the same answer; a case that came since is lifted by nobody who did not name it.
 */
import type * as z from 'zod';
import { AppError } from '../../../shared/core/errors.ts';
import type { Id } from '../../../shared/core/ids.ts';
import { freezeSpending, getSpending } from '../../../shared/payments/budgets/budget-store.ts';
import { changedCardAccount } from '../../../shared/payments/cards/card-account.ts';
import {
  getCardAccount,
  listFrozen,
  putCardAccount,
} from '../../../shared/payments/cards/card-account-store.ts';
import { liftFreeze } from '../../../shared/payments/cards/card-freeze.ts';
import {
  cardFreezeToJson,
  type liftCardFreezeSchema,
} from '../../../shared/payments/cards/card-freeze-schemas.ts';
import { auditDecision } from '../../identity/audit-decision.ts';
import { retryRefused } from '../../kit/retry.ts';
import type { Call } from '../../kit/route.ts';
import { type CommitRuntime, commit } from '../../kit/transaction.ts';

type LiftCall = Call<
  'key',
  { readonly organisation_id: Id<'org'> },
  unknown,
  z.output<typeof liftCardFreezeSchema>
>;

export const liftCardFreeze = (needs: CommitRuntime, call: LiftCall) => {
  const { organisation_id: organisation } = call.params;
  const { case_ids: caseIds, reason } = call.body;
  const lift = { atMs: call.nowMs, actor: call.caller.keyId, words: reason };
  const decided = { action: 'card_freeze.lifted', target: organisation, reason } as const;
  const audit = auditDecision(call, decided);
  return retryRefused(needs, async () => {
    const account = await getCardAccount(needs.database, organisation);
    const decision = liftFreeze(account, caseIds, lift);
    if (decision.outcome === 'other_cases') {
      throw new AppError('card_freeze.other_cases', {
        extra: { unseen_case_ids: decision.caseIds },
      });
    }
    const lifted = decision.outcome === 'lifted';
    const next = lifted ? changedCardAccount(account, decision.state) : account;
    const answer = cardFreezeToJson(next);
    if (!answer) throw new AppError('card_freeze.not_found');
    if (!lifted) return answer;
    const spending = await getSpending(needs.database, organisation);
    const writes = [putCardAccount(next), listFrozen(next), ...freezeSpending(spending, null)];
    await commit(needs, [...writes, audit]);
    return answer;
  });
};

/** POST /v1/ledger/grants: the operator gives an organisation credit. */
import type * as z from 'zod';
import { present } from '../../shared/core/assert.ts';
import { moneyFromJson, moneyToJson, usd } from '../../shared/core/money.ts';
import { isoOf } from '../../shared/core/time.ts';
import { requireOrganisation } from '../../shared/identity/organisation-store.ts';
import { debtAccount } from '../../shared/ledger/account.ts';
import { grantTransferId, planGrant } from '../../shared/ledger/grant.ts';
import { getCredit, getTransfer } from '../../shared/ledger/ledger-store.ts';
import type { createGrantSchema } from '../../shared/ledger/schemas.ts';
import { unitsOn } from '../../shared/ledger/transfer.ts';
import type { Call } from '../kit/route.ts';
import type { CommitRuntime } from '../kit/transaction.ts';
import { commitDecision } from './commit-decision.ts';

type Body = z.output<typeof createGrantSchema>;

export const createGrant = async (
  needs: CommitRuntime,
  call: Call<'key', unknown, unknown, Body>,
) => {
  const { organisation_id: organisation, amount, reason } = call.body;
  await requireOrganisation(needs.database, organisation);
  const grantId = call.newId('grt');
  const { units } = moneyFromJson(amount);

  const { outcome, answer } = await commitDecision(needs, async () => {
    const credit = await getCredit(needs.database, organisation);
    const { nowMs } = call;
    const plan = planGrant({ grantId, organisation, units, reason, nowMs, ...credit });
    return { writes: plan.writes, transfers: [plan.transfer], answer: plan.transfer };
  });

  // The same attempt may have been committed before its answer was stored: that commit is the answer.
  const stored = outcome === 'committed' ? answer : await storedGrant(needs, grantId);
  return {
    id: grantId,
    object: 'grant' as const,
    organisation_id: organisation,
    amount: moneyToJson(usd(units)),
    debt_paid: moneyToJson(usd(unitsOn(stored, debtAccount(organisation)))),
    reason,
    created_at: isoOf(stored.atMs),
  };
};

const storedGrant = async (needs: CommitRuntime, grantId: string) =>
  present(await getTransfer(needs.database, grantTransferId(grantId)), 'a grant vanished');

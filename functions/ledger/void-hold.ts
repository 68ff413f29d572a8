/**
 * Gives back the hold of a cluster that never ran. Idempotent: a hold that is no longer open is left as
 * it is. A cluster that ran has a final settlement instead.
 */
import type { Clock } from '../../shared/core/time.ts';
import { debtAccount } from '../../shared/ledger/account.ts';
import { planVoid } from '../../shared/ledger/hold.ts';
import { getAccount, getHold } from '../../shared/ledger/ledger-store.ts';
import type { CommitRuntime } from '../kit/transaction.ts';
import { releaseCounted } from '../payments/budgets/release-counted.ts';
import { commitDecision, type Decision } from './commit-decision.ts';

export interface VoidOutcome {
  readonly outcome: 'voided' | 'nothing';
}

/** Call after the fence, with `runningAtMs` as the fence's write left it (a BugError unless undefined). */
export const voidHold = async (
  needs: CommitRuntime & { readonly clock: Clock },
  cluster: { readonly clusterId: string; readonly runningAtMs: number | undefined },
): Promise<VoidOutcome> => {
  const { answer } = await commitDecision(needs, async (): Promise<Decision<VoidOutcome>> => {
    const hold = await getHold(needs.database, cluster.clusterId);
    if (hold?.state !== 'open') {
      return { writes: [], transfers: [], answer: { outcome: 'nothing' } };
    }
    const debt = await getAccount(needs.database, debtAccount(hold.organisation));
    const { runningAtMs } = cluster;
    const plan = planVoid({ hold, runningAtMs, debt, nowMs: needs.clock.nowMs() });
    const { clusterId } = hold;
    const counted = await releaseCounted(needs.database, { clusterId, spent: undefined });
    const writes = [...plan.writes, ...counted];
    return { writes, transfers: plan.transfers, answer: { outcome: 'voided' } };
  });
  return answer;
};

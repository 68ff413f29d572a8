/**
 * Task `mature-earnings`: moves the earnings whose day has come to their suppliers. The index says where
 * to look, the account's own version decides; what arrives late is swept by the next run.
 */
import { type Clock, dayOf } from '../../shared/core/time.ts';
import type { EarningAccount } from '../../shared/ledger/account.ts';
import { maturityShards } from '../../shared/ledger/keys.ts';
import { getAccount, listMaturing } from '../../shared/ledger/ledger-store.ts';
import { planMaturity } from '../../shared/ledger/maturity.ts';
import type { Runtime } from '../kit/runtime.ts';
import { forEachDue, type TaskOutcome } from '../kit/schedule.ts';
import type { CommitRuntime } from '../kit/transaction.ts';
import { commitDecision } from './commit-decision.ts';

const accountsPerPage = 100;
/** Accounts per shard and run; the rest waits for the next run. */
const pagesMax = 20;

type MaturityNeeds = CommitRuntime & { readonly clock: Clock } & Pick<Runtime, 'log'>;

export const matureEarnings = async (needs: MaturityNeeds): Promise<TaskOutcome> => {
  const outcomes: TaskOutcome[] = [];
  const day = dayOf(needs.clock.nowMs());
  for (let shard = 0; shard < maturityShards; shard += 1) {
    let cursor: string | undefined;
    for (let page = 0; page < pagesMax; page += 1) {
      const due = await listMaturing(needs.database, {
        shard,
        day,
        limit: accountsPerPage,
        cursor,
      });
      outcomes.push(
        await forEachDue(needs, due.accounts, (account) => matureAccount(needs, account)),
      );
      cursor = due.next;
      if (cursor === undefined) break;
    }
  }
  return {
    done: outcomes.reduce((sum, { done }) => sum + done, 0),
    failed: outcomes.reduce((sum, { failed }) => sum + failed, 0),
  };
};

/** Sweeps one day account; does nothing when nothing is there or its day has not come. */
export const matureAccount = (needs: Omit<MaturityNeeds, 'log'>, account: EarningAccount) =>
  commitDecision(needs, async () => {
    const earnings = await getAccount(needs.database, account);
    const plan = planMaturity(earnings, needs.clock.nowMs());
    return { writes: plan?.writes ?? [], transfers: plan ? [plan.transfer] : [], answer: plan };
  });

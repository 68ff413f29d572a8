/** GET /v1/ledger/balances: what the organisation can spend, has reserved, owes, has earned and staked. */
import { dayOf } from '../../shared/core/time.ts';
import {
  customerAccount,
  debtAccount,
  type EarningDay,
  earningAccount,
  readAccount,
  supplierAccount,
  supplierIoAccount,
} from '../../shared/ledger/account.ts';
import { type Balance, emptyBalance } from '../../shared/ledger/balance.ts';
import { owedUnits } from '../../shared/ledger/debt.ts';
import { getAccounts } from '../../shared/ledger/ledger-store.ts';
import { balancesToJson } from '../../shared/ledger/schemas.ts';
import type { Call } from '../kit/route.ts';
import type { Runtime } from '../kit/runtime.ts';

/** Earnings mature at most 31 days after their posting; older days may still wait for the next run. */
const daysAhead = 32;
const daysBehind = 30;

export const getBalances = async (
  needs: Pick<Runtime, 'database'>,
  call: Call<'key', unknown, unknown, unknown>,
) => {
  const organisation = call.caller.organisationId;
  const credit = customerAccount(organisation);
  const debt = debtAccount(organisation);
  const matured = supplierAccount(organisation);
  const rewards = supplierIoAccount(organisation);
  const earning = earningDays(call.nowMs).map((day) => earningAccount(organisation, day));
  const accounts = [credit, debt, matured, rewards, ...earning];
  const balances = await getAccounts(needs.database, accounts);

  const found = new Map(balances.map((balance) => [balance.account, balance]));
  const balanceOf = (account: Balance['account']) => found.get(account) ?? emptyBalance(account);
  const days = balances.flatMap(({ account, posted: units }) => {
    const { day } = readAccount(account);
    return typeof day === 'number' && units > 0n ? [{ day, units }] : [];
  });
  return balancesToJson({
    available: balanceOf(credit).available,
    held: balanceOf(credit).held,
    owed: owedUnits(balanceOf(debt)),
    earning: days.sort((a, b) => a.day - b.day),
    inReview: balanceOf(earningAccount(organisation, 'review')).posted,
    matured: balanceOf(matured).available,
    payingOut: balanceOf(matured).held,
    rewards: balanceOf(rewards),
    staked: balanceOf(rewards).staked,
  });
};

const earningDays = (nowMs: number): readonly EarningDay[] => {
  const first = dayOf(nowMs) - daysBehind;
  const days = Array.from({ length: daysBehind + daysAhead + 1 }, (_, index) => first + index);
  return ['review', ...days];
};

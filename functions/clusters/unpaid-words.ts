/** What keeps an unpaid cluster from going on: in units, and in words for its customer. */
import type { Cluster } from '../../shared/clusters/cluster.ts';
import type { Database } from '../../shared/core/database.ts';
import { formatUsd } from '../../shared/core/money.ts';
import { owedUnits } from '../../shared/ledger/debt.ts';
import { holdAmount } from '../../shared/ledger/hold.ts';
import { getCredit } from '../../shared/ledger/ledger-store.ts';

/** Micro-dollars of credit that are missing for the hold now; debt is paid first. */
export const missingUnits = async (database: Database, cluster: Cluster): Promise<bigint> => {
  const { customer, debt } = await getCredit(database, cluster.organisationId);
  const needed = holdAmount(cluster.lines, cluster.orderedMs) + owedUnits(debt);
  return needed > customer.available ? needed - customer.available : 0n;
};

/** Why its time to pay went by. */
export const unpaidWords = async (database: Database, cluster: Cluster): Promise<string> => {
  const missing = await missingUnits(database, cluster);
  return missing > 0n
    ? `${formatUsd(missing)} of credit was still missing when the time to pay was over. Nothing is charged.`
    : 'The credit sufficed in the end, but the devices were not free, a budget stood in the way, or the ' +
        'cards were frozen. Nothing is charged.';
};

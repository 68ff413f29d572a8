/** Reads of what there is in IO: an organisation's rewards and stakes, and the fund that rewards come from. */
import type { Database } from '../../core/database.ts';
import { stakeAccount, supplierIoAccount } from '../account.ts';
import type { Balance } from '../balance.ts';
import { stakePartition } from '../keys.ts';
import { getAccount, getAccounts } from '../ledger-store.ts';

const stakesPerPage = 100;

/** What is left for rewards of what was given for them; base units of IO. Only in token mode `existing`. */
export const getRewardFund = async (database: Database): Promise<bigint> =>
  (await getAccount(database, 'reward:fund')).available;

/** What an organisation has in IO: `available`, and `held` for a while or on its way out; base units. */
export const getRewardBalance = (database: Database, organisation: string): Promise<Balance> =>
  getAccount(database, supplierIoAccount(organisation));

/** A device's stake: `available` counts, `held` waits to come back; base units of IO. */
export const getStakeBalance = (
  database: Database,
  organisation: string,
  deviceId: string,
): Promise<Balance> => getAccount(database, stakeAccount(organisation, deviceId));

/** All that an organisation has staked, what waits to come back included; maybe without this second's. */
export const sumStakes = async (database: Database, organisation: string): Promise<bigint> => {
  let sum = 0n;
  let cursor: string | undefined;
  do {
    const page = await database.query('ledger', {
      index: 'by_maturity',
      pk: stakePartition(organisation),
      limit: stakesPerPage,
      cursor,
    });
    const names = page.items.map(({ maturity_sk: deviceId }) =>
      stakeAccount(organisation, String(deviceId)),
    );
    const stakes = names.length === 0 ? [] : await getAccounts(database, names);
    for (const { posted } of stakes) sum += posted;
    cursor = page.next;
  } while (cursor !== undefined);
  return sum;
};

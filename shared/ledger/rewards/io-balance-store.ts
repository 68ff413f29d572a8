/** Reads of what there is in IO: an organisation's rewards and stakes, and the fund that rewards come from. */
import type { Database } from '../../core/database.ts';
import { stakeAccount, supplierIoAccount } from '../account.ts';
import type { Balance } from '../balance.ts';
import { getAccount } from '../ledger-store.ts';

/** What is left for rewards of what was given for them; base units of IO. Only in token mode `existing`. */
export const getRewardFund = async (database: Database): Promise<bigint> =>
  (await getAccount(database, 'reward:fund')).available;

/** What an organisation has in IO: `available`, `held` for a while or on its way out, and `staked`; base units. */
export const getRewardBalance = (database: Database, organisation: string): Promise<Balance> =>
  getAccount(database, supplierIoAccount(organisation));

/** A device's stake: `available` counts, `held` waits to come back; base units of IO. */
export const getStakeBalance = (
  database: Database,
  organisation: string,
  deviceId: string,
): Promise<Balance> => getAccount(database, stakeAccount(organisation, deviceId));

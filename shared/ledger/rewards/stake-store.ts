/** Reads of what was unstaked and waits to come back. Strongly consistent. */
import * as z from 'zod';
import type { Database, Item } from '../../core/database.ts';
import { stakeAccount } from '../account.ts';
import { assertHold } from '../held-credit.ts';
import { heldAttributes, heldOf } from '../held-store.ts';
import { holdKey } from '../keys.ts';
import { type UnstakeHold, unstakeHoldId } from './stake.ts';

const prefix = 'P#unstake:';

const stored = z.object({
  ...heldAttributes,
  pk: z.string().startsWith(prefix),
  organisation: z.string(),
  device_id: z.string(),
});

/** The hold in a `P#unstake:` item. */
export const parseUnstakeHold = (item: Item): UnstakeHold => {
  const row = stored.parse(item);
  const hold: UnstakeHold = {
    ...heldOf(row),
    account: stakeAccount(row.organisation, row.device_id),
    unstakeId: row.pk.slice(prefix.length),
    organisation: row.organisation,
    deviceId: row.device_id,
  };
  assertHold(hold);
  return hold;
};

/** What was unstaked under this id, and how far it got; undefined when nothing was. */
export const getUnstakeHold = async (
  database: Database,
  unstakeId: string,
): Promise<UnstakeHold | undefined> => {
  const item = await database.get('ledger', holdKey(unstakeHoldId(unstakeId)));
  return item && parseUnstakeHold(item);
};

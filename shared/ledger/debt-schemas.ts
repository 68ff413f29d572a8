/** What crosses the boundary of the operator's list of debts. */
import * as z from 'zod';
import { present } from '../core/assert.ts';
import { idSchema } from '../core/ids.ts';
import { moneySchema, moneyToJson, usd } from '../core/money.ts';
import { listOf } from '../core/wire.ts';
import { readAccount } from './account.ts';
import type { Balance } from './balance.ts';
import { owedUnits } from './debt.ts';

const debtSchema = z
  .strictObject({
    object: z.literal('debt'),
    organisation_id: idSchema('org'),
    /** What a lost dispute left owed; whatever is credited pays it first. */
    owed: moneySchema,
  })
  .meta({ id: 'Debt' });

export const debtListSchema = listOf(debtSchema);

export const debtToJson = (debt: Balance): z.input<typeof debtSchema> => ({
  object: 'debt',
  organisation_id: present(
    readAccount(debt.account).organisation,
    `${debt.account} is nobody's`,
  ) as `org_${string}`,
  owed: moneyToJson(usd(owedUnits(debt))),
});

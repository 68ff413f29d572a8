/** What crosses the boundary of the operator's endpoints of freezes. */
import * as z from 'zod';
import { idSchema } from '../../core/ids.ts';
import { isoOf } from '../../core/time.ts';
import { isoSchema, listOf } from '../../core/wire.ts';
import type { CardAccount } from './card-account.ts';
import { freezeReasons } from './card-freeze.ts';

const caseIdSchema = z
  .string()
  .regex(/^[a-z]+_[A-Za-z0-9_]{1,100}$/, "the card provider's id of a dispute or a payment")
  .meta({ example: 'dp_1QXn2Z' });

export const liftCardFreezeSchema = z
  .strictObject({
    /** The cases that were looked at: all for which it is frozen, or nothing is lifted. */
    case_ids: z.array(caseIdSchema).min(1).max(200),
    reason: z.string().min(1).max(200),
  })
  .meta({ id: 'LiftCardFreeze' });

export const cardFreezeSchema = z
  .strictObject({
    object: z.literal('card_freeze'),
    organisation_id: idSchema('org'),
    /** `lifted`: the last one, of an organisation that is not frozen now. */
    status: z.enum(['frozen', 'lifted']),
    reason: z.enum(freezeReasons),
    /** The card provider's ids of the disputes, and of the payments that were warned of. */
    case_ids: z.array(caseIdSchema),
    frozen_at: isoSchema,
    lift: z.strictObject({ at: isoSchema, actor: z.string(), reason: z.string() }).nullable(),
  })
  .meta({ id: 'CardFreeze' });

export const cardFreezeListSchema = listOf(cardFreezeSchema);

/** The freeze of now, else the last one; undefined where there never was one. */
export const cardFreezeToJson = ({
  organisation,
  frozen,
  lifted,
}: CardAccount): z.input<typeof cardFreezeSchema> | undefined => {
  const freeze = frozen ?? lifted;
  if (!freeze) return undefined;
  const lift = frozen ? undefined : lifted?.lift;
  return {
    object: 'card_freeze',
    organisation_id: organisation as `org_${string}`,
    status: frozen ? 'frozen' : 'lifted',
    reason: freeze.reason,
    case_ids: [...freeze.caseIds],
    frozen_at: isoOf(freeze.atMs),
    lift: lift ? { at: isoOf(lift.atMs), actor: lift.actor, reason: lift.words } : null,
  };
};

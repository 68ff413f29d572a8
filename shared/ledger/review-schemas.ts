/** What crosses the boundary of the operator's endpoints of earnings: reviews and claw backs. */
import * as z from 'zod';
import { present } from '../core/assert.ts';
import { idSchema } from '../core/ids.ts';
import { moneySchema, moneyToJson, positiveUsdSchema, usd } from '../core/money.ts';
import { dayMs, isoOf } from '../core/time.ts';
import { isoSchema, listOf } from '../core/wire.ts';
import { type EarningDay, earningAccount, readAccount } from './account.ts';
import type { Balance } from './balance.ts';
import type { ClawBackOrder } from './earnings-review.ts';
import { type Transfer, unitsOn } from './transfer.ts';

const reasonSchema = z.string().min(1).max(200);

export const earningsReviewSchema = z
  .strictObject({
    object: z.literal('earnings_review'),
    organisation_id: idSchema('org'),
    amount: moneySchema,
    /** Rises with everything that moves the earnings; an approval names it. */
    version: z.string(),
  })
  .meta({ id: 'EarningsReview' });

export const earningsReviewListSchema = listOf(earningsReviewSchema);

export const reviewToJson = ({
  account,
  posted,
  version,
}: Balance): z.input<typeof earningsReviewSchema> => ({
  object: 'earnings_review',
  organisation_id: organisationOf(account),
  amount: moneyToJson(usd(posted)),
  version: String(version),
});

const organisationOf = (account: Balance['account']): `org_${string}` =>
  present(readAccount(account).organisation, `${account} is nobody's`) as `org_${string}`;

export const approveEarningsSchema = z
  .strictObject({
    /** As it was seen: what came since is not released. */
    version: z.string().regex(/^(0|[1-9][0-9]{0,17})$/, 'a version of an earnings review'),
    reason: reasonSchema,
  })
  .meta({ id: 'ApproveEarnings' });

export const approvedEarningsSchema = z
  .strictObject({
    object: z.literal('approved_earnings'),
    organisation_id: idSchema('org'),
    transfer_id: z.string(),
    amount: moneySchema,
    approved_at: isoSchema,
  })
  .meta({ id: 'ApprovedEarnings' });

export const approvalToJson = (
  organisation: `org_${string}`,
  transfer: Transfer,
): z.input<typeof approvedEarningsSchema> => ({
  object: 'approved_earnings',
  organisation_id: organisation,
  transfer_id: transfer.id,
  amount: moneyToJson(usd(-unitsOn(transfer, earningAccount(organisation, 'review')))),
  approved_at: isoOf(transfer.atMs),
});

const earningDaySchema = z.union([z.literal('review'), z.iso.date()]);

export const createClawBackSchema = z
  .strictObject({
    /** The card provider's id. */
    dispute_id: z.string().regex(/^[a-z]+_[A-Za-z0-9_]{1,100}$/, "the card provider's id"),
    supplier_id: idSchema('org'),
    /** The earnings of one day, by the day on which they mature, or those in review. */
    earnings: earningDaySchema,
    /**
     * Where the supplier is not the payer itself: what the payer rented from it. The settlements of this
     * cluster say whether the two counted as one, and what it earned.
     */
    cluster_id: idSchema('clu').optional(),
    /** The most to take; less is taken where less is there, or less is owed. */
    amount: positiveUsdSchema,
    reason: reasonSchema,
  })
  .meta({ id: 'CreateClawBack' });

/** The order that a request is. */
export const clawBackOrderOf = (body: z.output<typeof createClawBackSchema>): ClawBackOrder => ({
  disputeId: body.dispute_id,
  supplier: body.supplier_id,
  day: dayFrom(body.earnings),
  units: BigInt(body.amount.amount),
  ...(body.cluster_id === undefined ? {} : { clusterId: body.cluster_id }),
});

const dayFrom = (earnings: z.output<typeof earningDaySchema>): EarningDay =>
  earnings === 'review' ? earnings : Date.parse(earnings) / dayMs;

export const clawBackSchema = z
  .strictObject({
    object: z.literal('claw_back'),
    transfer_id: z.string(),
    dispute_id: z.string(),
    supplier_id: idSchema('org'),
    /** What was taken. */
    amount: moneySchema,
    created_at: isoSchema,
  })
  .meta({ id: 'ClawBack' });

export const clawBackToJson = (
  { disputeId, supplier, day }: ClawBackOrder,
  transfer: Transfer,
): z.input<typeof clawBackSchema> => ({
  object: 'claw_back',
  transfer_id: transfer.id,
  dispute_id: disputeId,
  supplier_id: supplier as `org_${string}`,
  amount: moneyToJson(usd(-unitsOn(transfer, earningAccount(supplier, day)))),
  created_at: isoOf(transfer.atMs),
});

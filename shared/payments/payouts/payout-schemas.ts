/** What crosses the boundary of the endpoints of payouts. */
import * as z from 'zod';
import { idSchema } from '../../core/ids.ts';
import { type Asset, moneySchema, moneyToJson, positiveMoneySchema } from '../../core/money.ts';
import { solanaAddressSchema } from '../../core/solana-address.ts';
import { isoOf, isoOrNull } from '../../core/time.ts';
import { isoSchema, listOf } from '../../core/wire.ts';
import { payoutSources } from '../../ledger/chain/payout-hold.ts';
import { type Payout, type PayoutReason, payoutReasons, payoutStatuses } from './payout.ts';
import type { AutoPayout, DeniedWallet, PayoutControls } from './payout-controls.ts';

const assetSchema = z.enum(['usdc', 'io']);
const reasonSchema = z.string().trim().min(1).max(500);

export const createPayoutSchema = z
  .strictObject({
    /** In `usd` what leaves the matured earnings, the fee included; in `io` what leaves the rewards. */
    amount: positiveMoneySchema(['usd', 'io']),
    /** What arrives; rewards are paid in `io` alone. */
    asset: assetSchema,
  })
  .refine(({ amount, asset }) => amount.currency === 'usd' || asset === 'io', {
    message: 'rewards (an amount in io) are paid in io',
    path: ['asset'],
  })
  .meta({ id: 'CreatePayout' });

export const payoutSchema = z
  .strictObject({
    id: idSchema('pay'),
    object: z.literal('payout'),
    organisation_id: idSchema('org'),
    /** What it pays out: matured earnings, in dollars, or rewards, in IO. */
    source: z.enum(payoutSources),
    asset: assetSchema,
    /** What leaves the source. */
    amount: moneySchema,
    fee: moneySchema,
    /** What arrives: USDC counts as dollars; earnings as IO may change until a batch has claimed the payout. */
    net: moneySchema,
    /** The price of IO, in nano-dollars, and until when it is good; rewards only count against limits by it. */
    price: z.strictObject({ nano_usd_per_io: z.string(), locked_until: isoSchema }).nullable(),
    wallet: z.string(),
    status: z.enum(payoutStatuses),
    /** Why it was not paid. */
    status_reason: z.enum(payoutReasons).nullable(),
    /** What can be done about it. */
    suggestion: z.string().nullable(),
    /** Signature of the transaction that paid it. */
    transaction: z.string().nullable(),
    created_at: isoSchema,
  })
  .meta({ id: 'Payout' });

export const payoutListSchema = listOf(payoutSchema);

const suggestions: Readonly<Record<PayoutReason, string>> = {
  rejected_by_operator: 'Ask the operator why; the amount is available again.',
  wallet_denied: 'Nothing is paid to this wallet: register another with POST /v1/payout-wallets.',
  wallet_changed:
    'The wallet that it would have gone to is no payout wallet any more, so nothing was paid to it: the amount is available again; ask for another payout once the new wallet has stood for its cool-down.',
  token_account_missing:
    'The wallet has no account of this token: receive any amount of it once, or ask for $50 or more, from where on the platform makes the account.',
  token_account_frozen:
    'The token’s issuer froze the wallet’s account: ask the issuer, or register another wallet.',
  token_account_foreign:
    'The wallet’s account of this token belongs to somebody else now: register another wallet.',
  recipient_refuses:
    'The chain refuses a transfer to this wallet’s account: check the account, or register another wallet.',
};

const assetOfSource: Readonly<Record<Payout['source'], Asset>> = { earnings: 'usd', rewards: 'io' };

export const payoutToJson = (payout: Payout): z.input<typeof payoutSchema> => ({
  id: payout.id,
  object: 'payout',
  organisation_id: payout.organisation as `org_${string}`,
  source: payout.source,
  asset: payout.token,
  amount: moneyToJson({ asset: assetOfSource[payout.source], units: payout.units }),
  fee: moneyToJson({ asset: assetOfSource[payout.source], units: payout.feeUnits }),
  net: moneyToJson({ asset: payout.token === 'io' ? 'io' : 'usd', units: payout.tokenUnits }),
  price: payout.price && {
    nano_usd_per_io: payout.price.nanoUsdPerIo.toString(),
    locked_until: isoOf(payout.price.untilMs),
  },
  wallet: payout.wallet,
  status: payout.status,
  status_reason: payout.reason,
  suggestion: payout.reason && suggestions[payout.reason],
  transaction: payout.signature,
  created_at: isoOf(payout.createdAtMs),
});

export const decidePayoutSchema = z
  .strictObject({
    decision: z.enum(['approve', 'reject']),
    /** For the audit events. */
    reason: reasonSchema,
  })
  .meta({ id: 'DecidePayout' });

export const setAutoPayoutSchema = z
  .strictObject({
    enabled: z.boolean(),
    /** What earnings are paid in; rewards are paid, too, where the organisation has a wallet for IO. */
    asset: assetSchema,
  })
  .meta({ id: 'SetAutoPayout' });

export const autoPayoutSchema = z
  .strictObject({
    object: z.literal('auto_payout'),
    enabled: z.boolean(),
    asset: assetSchema.nullable(),
    changed_at: isoSchema.nullable(),
  })
  .meta({ id: 'AutoPayout' });

export const autoPayoutToJson = (
  auto: AutoPayout | undefined,
): z.input<typeof autoPayoutSchema> => ({
  object: 'auto_payout',
  enabled: auto !== undefined,
  asset: auto?.token ?? null,
  changed_at: isoOrNull(auto?.changedAtMs),
});

export const setPayoutControlsSchema = z
  .strictObject({
    paused: z.boolean(),
    /** Why, for the next one who looks, and for the audit events. */
    reason: reasonSchema,
  })
  .meta({ id: 'SetPayoutControls' });

export const payoutControlsSchema = z
  .strictObject({
    object: z.literal('payout_controls'),
    paused: z.boolean(),
    paused_for: z.string().nullable(),
    changed_at: isoSchema.nullable(),
  })
  .meta({ id: 'PayoutControls' });

export const payoutControlsToJson = (
  controls: PayoutControls,
): z.input<typeof payoutControlsSchema> => ({
  object: 'payout_controls',
  paused: controls.pausedFor !== null,
  paused_for: controls.pausedFor,
  changed_at: isoOrNull(controls.changedAtMs),
});

export const setDeniedWalletSchema = z
  .strictObject({ denied: z.boolean(), reason: reasonSchema })
  .meta({ id: 'SetDeniedWallet' });

export const walletAddressParams = z.strictObject({ address: solanaAddressSchema });

export const deniedWalletSchema = z
  .strictObject({
    object: z.literal('denied_wallet'),
    address: z.string(),
    denied: z.boolean(),
    reason: z.string().nullable(),
    denied_at: isoSchema.nullable(),
  })
  .meta({ id: 'DeniedWallet' });

export const deniedWalletToJson = (
  address: string,
  denied: DeniedWallet | undefined,
): z.input<typeof deniedWalletSchema> => ({
  object: 'denied_wallet',
  address,
  denied: denied !== undefined,
  reason: denied?.reason ?? null,
  denied_at: isoOrNull(denied?.deniedAtMs),
});

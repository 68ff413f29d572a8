/** What crosses the boundary of the endpoints of payout wallets. */
import * as z from 'zod';
import { idSchema } from '../../core/ids.ts';
import { solanaAddressSchema } from '../../core/solana-address.ts';
import { isoOf } from '../../core/time.ts';
import { isoSchema, listOf } from '../../core/wire.ts';
import { tokenSchema, walletProof } from '../../identity/wallet-schemas.ts';
import { type PayoutWallet, payoutWalletEnds, payoutWalletStatusOf } from './payout-wallet.ts';

export const createPayoutWalletSchema = z
  .strictObject({
    ...walletProof,
    /** The asset that the signed message names. */
    asset: tokenSchema,
  })
  .meta({ id: 'CreatePayoutWallet' });

export const payoutWalletSchema = z
  .strictObject({
    id: idSchema('pwl'),
    object: z.literal('payout_wallet'),
    asset: tokenSchema,
    address: solanaAddressSchema,
    wallet_id: idSchema('wal'),
    /** `cooling_down`: nothing is paid to it before `payable_from`. */
    status: z.enum(['cooling_down', 'ready', 'ended']),
    payable_from: isoSchema,
    /** Who named it. */
    actor: z.string(),
    created_at: isoSchema,
    ended: z
      .strictObject({ at: isoSchema, actor: z.string(), reason_code: z.enum(payoutWalletEnds) })
      .nullable(),
  })
  .meta({ id: 'PayoutWallet' });

export const payoutWalletListSchema = listOf(payoutWalletSchema);

export const payoutWalletToJson = (wallet: PayoutWallet, nowMs: number) => ({
  id: wallet.id,
  object: 'payout_wallet' as const,
  asset: wallet.asset,
  address: wallet.address,
  wallet_id: wallet.walletId,
  status: payoutWalletStatusOf(wallet, nowMs),
  payable_from: isoOf(wallet.payableFromMs),
  actor: wallet.actor,
  created_at: isoOf(wallet.createdAtMs),
  ended: wallet.ended && {
    at: isoOf(wallet.ended.atMs),
    actor: wallet.ended.actor,
    reason_code: wallet.ended.reason,
  },
});

/** The endpoints of payout wallets. */
import * as z from 'zod';
import { idSchema } from '../../shared/core/ids.ts';
import { emptySchema, pageQuery } from '../../shared/core/wire.ts';
import {
  createPayoutWalletSchema,
  payoutWalletListSchema,
  payoutWalletSchema,
} from '../../shared/payments/payouts/payout-wallet-schemas.ts';
import { type Route, route } from '../kit/route.ts';
import type { Runtime } from '../kit/runtime.ts';
import { createPayoutWallet, type PayoutWalletNeeds } from './payouts/create-payout-wallet.ts';
import { deletePayoutWallet } from './payouts/delete-payout-wallet.ts';
import { getPayoutWallet } from './payouts/get-payout-wallet.ts';
import { listPayoutWallets } from './payouts/list-payout-wallets.ts';

const onePayoutWallet = z.strictObject({ payout_wallet_id: idSchema('pwl') });

export const payoutWalletRoutes: readonly Route<Runtime & PayoutWalletNeeds>[] = [
  route({
    name: 'createPayoutWallet',
    method: 'POST',
    path: '/v1/payout-wallets',
    summary: 'Names the wallet that earnings are paid to, by its signature; it cools down first.',
    authentication: 'key',
    scope: 'payout_wallets:write',
    params: emptySchema,
    query: emptySchema,
    body: createPayoutWalletSchema,
    answer: payoutWalletSchema,
    status: 201,
    errors: [
      'wallet.message_not_found',
      'wallet.message_spent',
      'wallet.message_expired',
      'wallet.signature_invalid',
      'wallet.taken',
    ],
    handle: createPayoutWallet,
  }),
  route({
    name: 'listPayoutWallets',
    method: 'GET',
    path: '/v1/payout-wallets',
    summary: 'Lists the payout wallets that were ever named, newest first.',
    authentication: 'key',
    scope: 'payout_wallets:read',
    params: emptySchema,
    query: z.strictObject(pageQuery),
    body: emptySchema,
    answer: payoutWalletListSchema,
    status: 200,
    errors: [],
    handle: listPayoutWallets,
  }),
  route({
    name: 'getPayoutWallet',
    method: 'GET',
    path: '/v1/payout-wallets/{payout_wallet_id}',
    summary: 'Shows one payout wallet, of now or of before.',
    authentication: 'key',
    scope: 'payout_wallets:read',
    params: onePayoutWallet,
    query: emptySchema,
    body: emptySchema,
    answer: payoutWalletSchema,
    status: 200,
    errors: ['payout_wallet.not_found'],
    handle: getPayoutWallet,
  }),
  route({
    name: 'deletePayoutWallet',
    method: 'DELETE',
    path: '/v1/payout-wallets/{payout_wallet_id}',
    summary: 'Ends a payout wallet: earnings wait for another.',
    authentication: 'key',
    scope: 'payout_wallets:write',
    params: onePayoutWallet,
    query: emptySchema,
    body: emptySchema,
    answer: payoutWalletSchema,
    status: 200,
    errors: ['payout_wallet.not_found'],
    handle: deletePayoutWallet,
  }),
];

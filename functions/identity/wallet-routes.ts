/** The endpoints of wallets, and of the messages that they sign. */
import * as z from 'zod';
import { idSchema } from '../../shared/core/ids.ts';
import { emptySchema, pageQuery } from '../../shared/core/wire.ts';
import type { SignInSite } from '../../shared/identity/wallet-message.ts';
import {
  createWalletMessageSchema,
  createWalletSchema,
  deletedWalletSchema,
  walletListSchema,
  walletMessageSchema,
  walletSchema,
} from '../../shared/identity/wallet-schemas.ts';
import { type Route, route } from '../kit/route.ts';
import type { Runtime } from '../kit/runtime.ts';
import { createWallet } from './create-wallet.ts';
import { createWalletMessage } from './create-wallet-message.ts';
import { deleteWallet } from './delete-wallet.ts';
import { getWallet } from './get-wallet.ts';
import { listWallets } from './list-wallets.ts';

const oneWallet = z.strictObject({ wallet_id: idSchema('wal') });

export const walletRoutes: readonly Route<Runtime & { readonly site: SignInSite }>[] = [
  route({
    name: 'createWalletMessage',
    method: 'POST',
    path: '/v1/wallet-messages',
    summary: 'Makes a text for a wallet to sign; the signature serves one purpose, once.',
    authentication: 'key',
    scope: 'wallets:write',
    params: emptySchema,
    query: emptySchema,
    body: createWalletMessageSchema,
    answer: walletMessageSchema,
    status: 201,
    errors: ['identity.scope_not_grantable'],
    handle: createWalletMessage,
  }),
  route({
    name: 'createWallet',
    method: 'POST',
    path: '/v1/wallets',
    summary: "Registers a wallet by its signature: what it sends is the organisation's.",
    authentication: 'key',
    scope: 'wallets:write',
    params: emptySchema,
    query: emptySchema,
    body: createWalletSchema,
    answer: walletSchema,
    status: 201,
    errors: [
      'identity.scope_not_grantable',
      'wallet.message_not_found',
      'wallet.message_spent',
      'wallet.message_expired',
      'wallet.signature_invalid',
      'wallet.taken',
    ],
    handle: createWallet,
  }),
  route({
    name: 'listWallets',
    method: 'GET',
    path: '/v1/wallets',
    summary: "Lists the organisation's wallets, newest first.",
    authentication: 'key',
    scope: 'wallets:read',
    params: emptySchema,
    query: z.strictObject(pageQuery),
    body: emptySchema,
    answer: walletListSchema,
    status: 200,
    errors: [],
    handle: listWallets,
  }),
  route({
    name: 'getWallet',
    method: 'GET',
    path: '/v1/wallets/{wallet_id}',
    summary: 'Shows one wallet.',
    authentication: 'key',
    scope: 'wallets:read',
    params: oneWallet,
    query: emptySchema,
    body: emptySchema,
    answer: walletSchema,
    status: 200,
    errors: ['wallet.not_found'],
    handle: getWallet,
  }),
  route({
    name: 'deleteWallet',
    method: 'DELETE',
    path: '/v1/wallets/{wallet_id}',
    summary: 'Takes a wallet from the organisation; all logins with it end.',
    authentication: 'key',
    scope: 'wallets:write',
    params: oneWallet,
    query: emptySchema,
    body: emptySchema,
    answer: deletedWalletSchema,
    status: 200,
    errors: ['wallet.not_found', 'wallet.paid_to', 'wallet.signed_in_with'],
    handle: deleteWallet,
  }),
];

/** What crosses the boundary of the endpoints of wallets and of the messages that they sign. */
import * as z from 'zod';
import { idSchema } from '../core/ids.ts';
import {
  solanaAddressSchema,
  solanaSignatureSchema,
  walletAddressSchema,
} from '../core/solana-address.ts';
import { isoOf } from '../core/time.ts';
import { isoSchema, listOf } from '../core/wire.ts';
import { type Wallet, walletRoles } from './wallet.ts';
import type { WalletMessage } from './wallet-message.ts';

export const tokenSchema = z.enum(['usdc', 'io']);

const purposes = ['register_wallet', 'payout_wallet', 'deposit_claim'] as const;

export const createWalletMessageSchema = z
  .strictObject({
    /** Whose signature is wanted. */
    address: walletAddressSchema,
    purpose: z.enum(purposes),
    /** Of `register_wallet`: as what its holder may sign in from then on. */
    role: z.enum(walletRoles).optional(),
    /** Of `payout_wallet`: what is paid out to it. */
    asset: tokenSchema.optional(),
    /** Of `deposit_claim`: signature of the transaction that brought the deposit. */
    transaction: solanaSignatureSchema.optional(),
  })
  .superRefine((body, context) => {
    const wanted = { payout_wallet: 'asset', deposit_claim: 'transaction' } as const;
    const needed = body.purpose === 'register_wallet' ? undefined : wanted[body.purpose];
    for (const name of ['role', 'asset', 'transaction'] as const) {
      const isGiven = body[name] !== undefined;
      const isTaken = name === needed || (name === 'role' && needed === undefined);
      if (isGiven && !isTaken) {
        const message = `The purpose ${body.purpose} takes no ${name}.`;
        context.addIssue({ code: 'custom', path: [name], message });
      }
      if (!isGiven && name === needed) {
        const message = `The purpose ${body.purpose} needs it.`;
        context.addIssue({ code: 'custom', path: [name], message });
      }
    }
  })
  .meta({ id: 'CreateWalletMessage' });

export const walletMessageSchema = z
  .strictObject({
    id: idSchema('wmg'),
    object: z.literal('wallet_message'),
    address: solanaAddressSchema,
    /** What the wallet signs, to the letter: its UTF-8 bytes, in the form of Sign-In with Solana. */
    message: z.string(),
    created_at: isoSchema,
    /** From then on the signature is worth nothing. */
    expires_at: isoSchema,
  })
  .meta({ id: 'WalletMessage' });

/** A message and the wallet's signature of it. */
export const walletProof = {
  message_id: idSchema('wmg'),
  /** Ed25519 over the message's UTF-8 bytes, in base58. */
  signature: solanaSignatureSchema,
};

export const createWalletSchema = z
  .strictObject({
    ...walletProof,
    /** The role that the message names, if it names one. */
    role: z.enum(walletRoles).optional(),
  })
  .meta({ id: 'CreateWallet' });

export const walletSchema = z
  .strictObject({
    id: idSchema('wal'),
    object: z.literal('wallet'),
    address: solanaAddressSchema,
    /** As what its holder may sign in; null: nobody signs in with it. */
    role: z.enum(walletRoles).nullable(),
    /** What is paid out to it. */
    payout_assets: z.array(tokenSchema),
    created_at: isoSchema,
  })
  .meta({ id: 'Wallet' });

export const walletListSchema = listOf(walletSchema);

export const deletedWalletSchema = z
  .strictObject({ id: idSchema('wal'), object: z.literal('wallet'), deleted: z.literal(true) })
  .meta({ id: 'DeletedWallet' });

export const walletMessageToJson = (message: WalletMessage) => ({
  id: message.id,
  object: 'wallet_message' as const,
  address: message.address,
  message: message.text,
  created_at: isoOf(message.createdAtMs),
  expires_at: isoOf(message.expiresAtMs),
});

export const walletToJson = (wallet: Wallet) => ({
  id: wallet.id,
  object: 'wallet' as const,
  address: wallet.address,
  role: wallet.role,
  payout_assets: [...wallet.payouts],
  created_at: isoOf(wallet.createdAtMs),
});

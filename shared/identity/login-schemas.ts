/** What crosses the boundary of the endpoints of logins. */
import * as z from 'zod';
import { idSchema } from '../core/ids.ts';
import { walletAddressSchema } from '../core/solana-address.ts';
import { isoOf } from '../core/time.ts';
import { isoSchema } from '../core/wire.ts';
import type { Login } from './login.ts';
import { type Wallet, walletRoles } from './wallet.ts';
import { walletProof } from './wallet-schemas.ts';

export const createLoginMessageSchema = z
  .strictObject({ address: walletAddressSchema })
  .meta({ id: 'CreateLoginMessage' });

export const createLoginSchema = z.strictObject(walletProof).meta({ id: 'CreateLogin' });

export const loginSchema = z
  .strictObject({
    id: idSchema('lgn'),
    object: z.literal('login'),
    organisation_id: idSchema('org'),
    wallet_id: idSchema('wal'),
    role: z.enum(walletRoles),
    /** Sent as an API key is: `Authorization: Bearer <secret>`. Shown in this answer alone. */
    secret: z.string(),
    /** Whether the wallet was unknown, and the organisation was made for it. */
    signed_up: z.boolean(),
    created_at: isoSchema,
    expires_at: isoSchema,
  })
  .meta({ id: 'Login' });

export const endedLoginSchema = z
  .strictObject({ object: z.literal('login'), ended: z.literal(true) })
  .meta({ id: 'EndedLogin' });

export const loginToJson = (login: Login, wallet: Wallet & { readonly role: string }) => ({
  id: login.id,
  object: 'login' as const,
  organisation_id: wallet.organisationId,
  wallet_id: wallet.id,
  role: wallet.role,
  created_at: isoOf(login.createdAtMs),
  expires_at: isoOf(login.expiresAtMs),
});

/** The endpoints of logins: sign in with a wallet, and out again. */
import { emptySchema } from '../../shared/core/wire.ts';
import type { KeyMode } from '../../shared/identity/api-key.ts';
import {
  createLoginMessageSchema,
  createLoginSchema,
  endedLoginSchema,
  loginSchema,
} from '../../shared/identity/login-schemas.ts';
import type { SignUpMode } from '../../shared/identity/sign-up.ts';
import type { SignInSite } from '../../shared/identity/wallet-message.ts';
import { walletMessageSchema } from '../../shared/identity/wallet-schemas.ts';
import { type Route, route } from '../kit/route.ts';
import type { Runtime } from '../kit/runtime.ts';
import { createLogin } from './create-login.ts';
import { createLoginMessage } from './create-login-message.ts';
import { endLogin } from './end-login.ts';

export interface LoginNeeds extends Runtime {
  readonly keyMode: KeyMode;
  readonly site: SignInSite;
  readonly signUp: SignUpMode;
}

export const loginRoutes: readonly Route<LoginNeeds>[] = [
  route({
    name: 'createLoginMessage',
    method: 'POST',
    path: '/v1/logins/solana/message',
    summary: 'Makes a text for a wallet to sign, to sign in with.',
    authentication: 'public',
    scope: null,
    params: emptySchema,
    query: emptySchema,
    body: createLoginMessageSchema,
    answer: walletMessageSchema,
    status: 201,
    errors: [],
    handle: createLoginMessage,
  }),
  route({
    name: 'createLogin',
    method: 'POST',
    path: '/v1/logins/solana/verify',
    summary: 'Signs in by the signature of such a text; the secret is shown in this answer alone.',
    authentication: 'public',
    scope: null,
    params: emptySchema,
    query: emptySchema,
    body: createLoginSchema,
    answer: loginSchema,
    status: 201,
    secrets: ['secret'],
    errors: [
      'wallet.message_not_found',
      'wallet.message_spent',
      'wallet.message_expired',
      'wallet.signature_invalid',
      'login.wallet_unknown',
      'login.wallet_without_role',
      'login.sign_ups_full',
    ],
    handle: createLogin,
  }),
  route({
    name: 'endLogin',
    method: 'POST',
    path: '/v1/logins/end',
    summary: 'Signs out: the login that sends this ends at once.',
    authentication: 'key',
    scope: 'organisations:read',
    params: emptySchema,
    query: emptySchema,
    body: emptySchema,
    answer: endedLoginSchema,
    status: 200,
    errors: ['login.none'],
    handle: endLogin,
  }),
];

/** Where and how people sign in here, as the configuration says; wallets warn when another site asks. */
import { assert } from '../../shared/core/assert.ts';
import { type SignUpMode, signUpModes } from '../../shared/identity/sign-up.ts';
import { type SignInSite, signInChains } from '../../shared/identity/wallet-message.ts';
import type { Environment } from '../kit/env.ts';

export const signInSite = (env: Environment): SignInSite => {
  const named = env.require('SIGN_IN_CHAIN');
  const chain = signInChains.find((known) => known === named);
  assert(chain !== undefined, `SIGN_IN_CHAIN is ${named}, which is no chain`);
  return { origin: env.require('SIGN_IN_ORIGIN'), chain };
};

export const signUpMode = (env: Environment): SignUpMode => {
  const named = env.require('SIGN_UP');
  const mode = signUpModes.find((known) => known === named);
  assert(mode !== undefined, `SIGN_UP is ${named}, neither open nor closed`);
  return mode;
};

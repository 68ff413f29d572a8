/** Lambda `identity-http`: the identity endpoints. */
import { secrets } from '../../shared/adapters/secrets.ts';
import { bootstrapKeyCheck } from '../identity/bootstrap-key.ts';
import { loginRoutes } from '../identity/login-routes.ts';
import { identityRoutes } from '../identity/routes.ts';
import { signInSite, signUpMode } from '../identity/sign-in-site.ts';
import { walletRoutes } from '../identity/wallet-routes.ts';
import { keyModeOf } from '../kit/env.ts';
import { httpFunction } from '../kit/http.ts';
import { createRuntime, environment } from '../kit/runtime.ts';

const env = environment();
const runtime = createRuntime(env);
const keyMode = keyModeOf(env);

const needs = { ...runtime, keyMode, site: signInSite(env), signUp: signUpMode(env) };

export const handler = httpFunction(needs, [...identityRoutes, ...loginRoutes, ...walletRoutes], {
  keyMode,
  isBootstrapKey: bootstrapKeyCheck(secrets(runtime.clock), env.require('BOOTSTRAP_SECRET_ARN')),
});

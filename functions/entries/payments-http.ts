/** Lambda `payments-http`: the payments endpoints. */
import { hourMs } from '../../shared/core/time.ts';
import { keyModeOf } from '../kit/env.ts';
import { httpFunction } from '../kit/http.ts';
import { createRuntime, environment } from '../kit/runtime.ts';
import { depositRoutes } from '../payments/deposit-routes.ts';
import { watchedAccounts } from '../payments/deposits/watched-accounts.ts';
import { payoutRoutes } from '../payments/payout-routes.ts';
import { payoutWalletRoutes } from '../payments/payout-wallet-routes.ts';
import { paymentsRoutes } from '../payments/routes.ts';

const env = environment();
const runtime = createRuntime(env);
const payoutCooldownMs = Number(env.require('PAYOUT_COOLDOWN_HOURS')) * hourMs;

export const handler = httpFunction(
  { ...runtime, payoutCooldownMs, watched: () => watchedAccounts(runtime.database) },
  [...paymentsRoutes, ...payoutRoutes, ...payoutWalletRoutes, ...depositRoutes],
  { keyMode: keyModeOf(env) },
);

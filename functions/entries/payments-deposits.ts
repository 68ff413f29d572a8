/** Lambda `payments-deposits`: what the treasury holds, and what tokens are worth. */
import { secrets } from '../../shared/adapters/secrets.ts';
import { createRuntime, environment } from '../kit/runtime.ts';
import { scheduleFunction } from '../kit/schedule.ts';
import { priceSource } from '../payments/prices/price-source.ts';
import { readPrices } from '../payments/prices/read-prices.schedule.ts';
import { checkTreasury } from '../payments/treasury/check-treasury.schedule.ts';
import { treasuryNeeds } from '../payments/treasury/treasury-runtime.ts';

const env = environment();
const runtime = createRuntime(env);

const prices = priceSource({
  clock: runtime.clock,
  secrets: secrets(runtime.clock),
  secretArn: env.require('PYTH_KEY_SECRET_ARN'),
  fixed: env.get('FIXED_TOKEN_PRICES'),
});

const treasury = treasuryNeeds(env, runtime);

export const handler = scheduleFunction(
  { ...runtime, prices },
  {
    'check-treasury': () => checkTreasury(treasury),
    'read-prices': readPrices,
  },
);

/** Lambda `payments-deposits`: what tokens are worth, read every minute. */
import { secrets } from '../../shared/adapters/secrets.ts';
import { createRuntime, environment } from '../kit/runtime.ts';
import { scheduleFunction } from '../kit/schedule.ts';
import { priceSource } from '../payments/prices/price-source.ts';
import { readPrices } from '../payments/prices/read-prices.schedule.ts';

const env = environment();
const runtime = createRuntime(env);

const prices = priceSource({
  clock: runtime.clock,
  secrets: secrets(runtime.clock),
  secretArn: env.require('PYTH_KEY_SECRET_ARN'),
  fixed: env.get('FIXED_TOKEN_PRICES'),
});

export const handler = scheduleFunction({ ...runtime, prices }, { 'read-prices': readPrices });

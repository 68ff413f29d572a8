/** Lambda `payments-deposits`: what came to the treasury and what it holds, and what tokens are worth. */
import { secrets } from '../../shared/adapters/secrets.ts';
import { environment } from '../kit/runtime.ts';
import { scheduleFunction } from '../kit/schedule.ts';
import { checkCustody } from '../payments/deposits/check-custody.schedule.ts';
import { createDepositRuntime } from '../payments/deposits/deposit-runtime.ts';
import { pollDeposits } from '../payments/deposits/poll-deposits.schedule.ts';
import { rescanDeposits } from '../payments/deposits/rescan-deposits.schedule.ts';
import { priceSource } from '../payments/prices/price-source.ts';
import { readPrices } from '../payments/prices/read-prices.schedule.ts';
import { checkTreasury } from '../payments/treasury/check-treasury.schedule.ts';
import { treasuryNeeds } from '../payments/treasury/treasury-runtime.ts';

const env = environment();
const runtime = createDepositRuntime(env);

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
    'check-custody': checkCustody,
    'check-treasury': () => checkTreasury(treasury),
    'poll-deposits': pollDeposits,
    'read-prices': readPrices,
    'rescan-deposits': rescanDeposits,
  },
);

/** The runtime of the functions that find deposits. */
import { queue } from '../../../shared/adapters/queue.ts';
import { secrets } from '../../../shared/adapters/secrets.ts';
import { solanaProviders } from '../../../shared/adapters/solana-providers.ts';
import type { Environment } from '../../kit/env.ts';
import { createRuntime } from '../../kit/runtime.ts';
import type { DepositNeeds } from './deposit-needs.ts';
import { watchedAccounts } from './watched-accounts.ts';

export const createDepositRuntime = (env: Environment): DepositNeeds => {
  const runtime = createRuntime(env);
  const providers = solanaProviders({
    secrets: secrets(runtime.clock),
    secretArn: env.require('SOLANA_RPC_SECRET_ARN'),
    pause: runtime.pause,
  });
  return {
    ...runtime,
    chain: providers,
    watched: () => watchedAccounts(runtime.database),
    unreadable: queue(env.require('UNREADABLE_DEPOSITS_QUEUE_URL')),
    ioPositionLimit: BigInt(env.require('IO_POSITION_LIMIT')),
  };
};

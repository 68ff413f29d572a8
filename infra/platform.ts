/** All stacks of one stage. Each leans on those before it only. */
import type { App } from 'aws-cdk-lib';
import type { Config } from './config.ts';
import { ApiStack } from './stacks/api-stack.ts';
import { ClustersStack } from './stacks/clusters-stack.ts';
import { DeviceWatchStack } from './stacks/device-watch-stack.ts';
import { DevicesStack } from './stacks/devices-stack.ts';
import { EpochsStack } from './stacks/epochs-stack.ts';
import { IdentityStack } from './stacks/identity-stack.ts';
import { LedgerStack } from './stacks/ledger-stack.ts';
import { MarketStack } from './stacks/market-stack.ts';
import { PaymentsStack } from './stacks/payments-stack.ts';
import { ProofsStack } from './stacks/proofs-stack.ts';
import { ProvingStack } from './stacks/proving-stack.ts';
import { RewardsStack } from './stacks/rewards-stack.ts';
import { TokenStack } from './stacks/token-stack.ts';

/** Builds the stacks into the app. Bundles must exist, unless the configuration says inline. */
export const createPlatform = (app: App, config: Config): void => {
  const api = new ApiStack({ app, config });
  const identity = new IdentityStack(api);
  const devices = new DevicesStack(api, identity);
  const market = new MarketStack(api, identity, devices);
  const ledger = new LedgerStack(api, identity);
  const rewards = new RewardsStack(api);
  const payments = new PaymentsStack({ api, identity, ledger, devices, rewards });
  const proofs = new ProofsStack(api);
  const clusters = new ClustersStack({
    api,
    identity,
    devices,
    market,
    ledger,
    payments,
    proofs,
  });
  const watch = new DeviceWatchStack({ api, devices, clusters, proofs });
  new ProvingStack({ api, identity, devices, clusters, watch, proofs });
  new EpochsStack({ api, identity, devices, ledger, proofs, rewards });
  new TokenStack({ api, identity, ledger, payments, rewards });
};

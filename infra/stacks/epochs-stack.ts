/**
 * The functions of rewards. In a stack of their own, because an hour is closed with what nearly all other nouns
 * know of it, while payments write to the table of rewards.
 */
import { PlatformStack } from '../constructs/platform-stack.ts';
import { readCheck, readWrite } from '../constructs/table.ts';
import { tokenEnvironment } from '../constructs/token-environment.ts';
import type { ApiStack } from './api-stack.ts';
import type { DevicesStack } from './devices-stack.ts';
import type { IdentityStack } from './identity-stack.ts';
import type { LedgerStack } from './ledger-stack.ts';
import type { RewardsStack } from './rewards-stack.ts';

/** The stacks whose tables it uses. */
export interface EpochsStackProps {
  readonly api: ApiStack;
  readonly identity: IdentityStack;
  readonly devices: DevicesStack;
  readonly ledger: LedgerStack;
  readonly rewards: RewardsStack;
}

export class EpochsStack extends PlatformStack {
  constructor(stacks: EpochsStackProps) {
    super(stacks.api, 'epochs');
    this.endpoints(stacks);
  }

  private endpoints({ api, identity, devices, ledger, rewards }: EpochsStackProps): void {
    const endpoints = api.addEndpoints(this, {
      name: 'rewards-http',
      segments: ['epochs', 'rewards', 'stakes'],
      identity: identity.identity,
      // Stakes are moved in the ledger, and come back only while no cluster has the device.
      tables: [
        readWrite(rewards.rewards, 'by_owner'),
        readWrite(ledger.ledger),
        readCheck(devices.devices),
      ],
      environment: {
        STATEMENT_BUCKET_URL: rewards.statements.url,
        ...tokenEnvironment(this.config),
      },
    });
    rewards.statements.allowGet(endpoints);
  }
}

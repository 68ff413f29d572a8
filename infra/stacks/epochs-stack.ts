/**
 * The functions of rewards. In a stack of their own, because an hour is closed with what nearly all other nouns
 * know of it, while payments write to the table of rewards.
 */
import { PlatformStack } from '../constructs/platform-stack.ts';
import { read } from '../constructs/table.ts';
import { tokenEnvironment } from '../constructs/token-environment.ts';
import type { ApiStack } from './api-stack.ts';
import type { IdentityStack } from './identity-stack.ts';
import type { RewardsStack } from './rewards-stack.ts';

/** The stacks whose tables it uses. */
export interface EpochsStackProps {
  readonly api: ApiStack;
  readonly identity: IdentityStack;
  readonly rewards: RewardsStack;
}

export class EpochsStack extends PlatformStack {
  constructor(stacks: EpochsStackProps) {
    super(stacks.api, 'epochs');
    this.endpoints(stacks);
  }

  private endpoints({ api, identity, rewards }: EpochsStackProps): void {
    const endpoints = api.addEndpoints(this, {
      name: 'rewards-http',
      segments: ['epochs', 'rewards'],
      identity: identity.identity,
      tables: [read(rewards.rewards)],
      environment: {
        STATEMENT_BUCKET_URL: rewards.statements.url,
        ...tokenEnvironment(this.config),
      },
    });
    rewards.statements.allowGet(endpoints);
  }
}

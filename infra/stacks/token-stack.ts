/** The IO token: its emission and supply, which everybody may read, its genesis, and the start of its mints. */
import { LambdaFunction } from '../constructs/lambda-function.ts';
import { PlatformStack } from '../constructs/platform-stack.ts';
import { ScheduledTask } from '../constructs/scheduled-task.ts';
import { read, readPut, readWrite } from '../constructs/table.ts';
import { tokenEnvironment } from '../constructs/token-environment.ts';
import type { ApiStack } from './api-stack.ts';
import type { IdentityStack } from './identity-stack.ts';
import type { LedgerStack } from './ledger-stack.ts';
import type { PaymentsStack } from './payments-stack.ts';
import type { RewardsStack } from './rewards-stack.ts';

/** The stacks whose tables it uses. */
export interface TokenStackProps {
  readonly api: ApiStack;
  readonly identity: IdentityStack;
  readonly ledger: LedgerStack;
  readonly payments: PaymentsStack;
  readonly rewards: RewardsStack;
}

export class TokenStack extends PlatformStack {
  constructor({ api, identity, ledger, payments, rewards }: TokenStackProps) {
    super(api, 'token');
    const environment = tokenEnvironment(this.config);
    api.addEndpoints(this, {
      name: 'token-http',
      segments: ['emission', 'token'],
      identity: identity.identity,
      // The operator orders genesis, with an audit event; what mints is in the stack of payments.
      tables: [
        readWrite(payments.payments),
        read(ledger.ledger),
        read(rewards.rewards),
        readPut(identity.identity),
      ],
      environment,
    });
    const schedules = new LambdaFunction(this, {
      name: 'token-schedules',
      tables: [read(payments.payments), read(rewards.rewards)],
      environment: { ...environment, MINT_STATE_MACHINE_ARN: payments.minting.arn },
      timeoutSeconds: 60,
    });
    schedules.allow(['states:StartExecution'], [payments.minting.arn]);
    new ScheduledTask(schedules, { task: 'start-mint', everyMinutes: 5 });
  }
}

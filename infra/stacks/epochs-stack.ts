/**
 * The functions of rewards. In a stack of their own, because an hour is closed with what nearly all other nouns
 * know of it, while payments write to the table of rewards.
 */
import { LambdaFunction } from '../constructs/lambda-function.ts';
import { PlatformStack } from '../constructs/platform-stack.ts';
import { ScheduledTask } from '../constructs/scheduled-task.ts';
import { read, readCheck, readWrite } from '../constructs/table.ts';
import { tokenEnvironment } from '../constructs/token-environment.ts';
import { Workflow } from '../constructs/workflow.ts';
import type { ApiStack } from './api-stack.ts';
import { closeEpoch } from './close-epoch.workflow.ts';
import type { DevicesStack } from './devices-stack.ts';
import type { IdentityStack } from './identity-stack.ts';
import type { LedgerStack } from './ledger-stack.ts';
import type { ProofsStack } from './proofs-stack.ts';
import type { RewardsStack } from './rewards-stack.ts';

/** The stacks whose tables it uses. */
export interface EpochsStackProps {
  readonly api: ApiStack;
  readonly identity: IdentityStack;
  readonly devices: DevicesStack;
  readonly ledger: LedgerStack;
  readonly proofs: ProofsStack;
  readonly rewards: RewardsStack;
}

/** Shards of a snapshot that are read at once; the machine that has it all runs its functions itself. */
const atOnce = 16;
const atOnceLocal = 2;

export class EpochsStack extends PlatformStack {
  constructor(stacks: EpochsStackProps) {
    super(stacks.api, 'epochs');
    this.endpoints(stacks);
    this.schedules(stacks, this.closing(stacks));
  }

  /** The state machine that closes hours, and the function of its steps. */
  private closing({ identity, devices, ledger, proofs, rewards }: EpochsStackProps): Workflow {
    const steps = new LambdaFunction(this, {
      name: 'rewards-close',
      tables: [
        readWrite(rewards.rewards),
        readWrite(ledger.ledger),
        read(devices.devices),
        read(devices.presence),
        read(proofs.proofs),
        read(identity.identity, 'by_owner'),
      ],
      environment: {
        STATEMENT_BUCKET_URL: rewards.statements.url,
        ...tokenEnvironment(this.config),
      },
      timeoutSeconds: 300,
      // One call splits and one checks a million devices in 1.4 GiB.
      memoryMib: 3072,
    });
    rewards.statements.allowPut(steps);
    rewards.statements.allowGet(steps);
    return new Workflow(this, {
      name: 'close-epoch',
      outputName: 'Close',
      steps,
      define: closeEpoch(this.config.stage === 'local' ? atOnceLocal : atOnce),
    });
  }

  private schedules({ ledger, proofs, rewards }: EpochsStackProps, closing: Workflow): void {
    const schedules = new LambdaFunction(this, {
      name: 'rewards-schedules',
      tables: [
        readWrite(rewards.rewards, 'by_owner'),
        readWrite(ledger.ledger, 'by_maturity'),
        read(proofs.proofs),
      ],
      environment: { CLOSE_STATE_MACHINE_ARN: closing.arn, ...tokenEnvironment(this.config) },
      timeoutSeconds: 300,
    });
    schedules.allow(['states:StartExecution'], [closing.arn]);
    // A run that finds the hour closed ends after two reads.
    new ScheduledTask(schedules, { task: 'start-epochs', everyMinutes: 5 });
    new ScheduledTask(schedules, { task: 'release-rewards', everyMinutes: 60 });
    new ScheduledTask(schedules, { task: 'end-cooldowns', everyMinutes: 60 });
  }

  private endpoints(stacks: EpochsStackProps): void {
    const { api, identity, devices, ledger, proofs, rewards } = stacks;
    const endpoints = api.addEndpoints(this, {
      name: 'rewards-http',
      segments: ['epochs', 'rewards', 'stakes'],
      identity: identity.identity,
      // Stakes are moved in the ledger, and come back only while no cluster has the device.
      tables: [
        readWrite(rewards.rewards, 'by_owner'),
        readWrite(ledger.ledger),
        readCheck(devices.devices),
        // How the gates of a device stand is told from what closes the hour.
        read(devices.presence),
        read(proofs.proofs),
        read(identity.identity, 'by_owner'),
      ],
      environment: {
        STATEMENT_BUCKET_URL: rewards.statements.url,
        ...tokenEnvironment(this.config),
      },
    });
    rewards.statements.allowGet(endpoints);
  }
}

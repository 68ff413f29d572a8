/** Clusters from order to release: endpoints, agents' reports, events, schedules, workflows. */
import { Policy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { LambdaFunction } from '../constructs/lambda-function.ts';
import { PlatformStack } from '../constructs/platform-stack.ts';
import { ScheduledTask } from '../constructs/scheduled-task.ts';
import { StreamConsumer } from '../constructs/stream-consumer.ts';
import { newItems } from '../constructs/stream-filter.ts';
import { NounTable, read, readItem, readWrite } from '../constructs/table.ts';
import { Workflow } from '../constructs/workflow.ts';
import type { ApiStack } from './api-stack.ts';
import type { DevicesStack } from './devices-stack.ts';
import type { IdentityStack } from './identity-stack.ts';
import type { LedgerStack } from './ledger-stack.ts';
import type { MarketStack } from './market-stack.ts';
import type { PaymentsStack } from './payments-stack.ts';
import type { ProofsStack } from './proofs-stack.ts';
import { provisionCluster } from './provision-cluster.workflow.ts';
import { releaseCluster } from './release-cluster.workflow.ts';

/** The stacks whose tables the clusters use. */
export interface ClustersStackProps {
  readonly api: ApiStack;
  readonly identity: IdentityStack;
  readonly devices: DevicesStack;
  readonly market: MarketStack;
  readonly ledger: LedgerStack;
  readonly payments: PaymentsStack;
  readonly proofs: ProofsStack;
}

export class ClustersStack extends PlatformStack {
  readonly clusters: NounTable<'clusters'>;

  constructor(stacks: ClustersStackProps) {
    super(stacks.api, 'clusters');
    this.clusters = new NounTable(this, 'clusters');
    const http = this.endpoints(stacks);
    const reports = this.reports(stacks);
    const { provision, release } = this.steps(stacks);
    const provisioning = new Workflow(this, {
      name: 'provision-cluster',
      outputName: 'Provision',
      steps: provision,
      define: provisionCluster,
    });
    const releasing = new Workflow(this, {
      name: 'release-cluster',
      outputName: 'Release',
      steps: release,
      define: releaseCluster,
    });
    const events = this.events(stacks, provisioning, releasing);
    this.schedules(stacks, provisioning, releasing);
    // Not in the functions' own policies: the machines come after the functions that are their steps.
    new Policy(this, 'AnswerTasks', {
      roles: [http, reports, provision, release, events].map(({ role }) => role),
      statements: [
        new PolicyStatement({
          actions: ['states:SendTaskSuccess'],
          resources: [provisioning.arn, releasing.arn],
        }),
      ],
    });
  }

  private endpoints(stacks: ClustersStackProps) {
    const { api, identity, devices, market, ledger, payments, proofs } = stacks;
    return api.addEndpoints(this, {
      name: 'clusters-http',
      segments: ['clusters', 'agent'],
      identity: identity.identity,
      tables: [
        readWrite(this.clusters, 'by_owner'),
        readWrite(devices.devices, 'by_offer'),
        readWrite(devices.presence),
        readWrite(market.market),
        readWrite(ledger.ledger),
        readWrite(payments.payments, 'by_owner'),
        readWrite(proofs.proofs),
      ],
    });
  }

  private reports({ devices, proofs }: ClustersStackProps): LambdaFunction {
    const reports = new LambdaFunction(this, {
      name: 'clusters-socket',
      tables: [
        readWrite(this.clusters),
        read(devices.presence),
        readWrite(devices.devices),
        readWrite(proofs.proofs),
      ],
      timeoutSeconds: 10,
    });
    devices.socket.serve(reports, ['report']);
    return reports;
  }

  private steps(stacks: ClustersStackProps) {
    const { identity, devices, market, ledger, payments, proofs } = stacks;
    const provision = new LambdaFunction(this, {
      name: 'clusters-provision',
      tables: [
        readWrite(this.clusters),
        readWrite(devices.devices, 'by_offer'),
        read(market.market),
        readWrite(proofs.proofs),
        // Whether supplier and customer count as one.
        readItem(identity.identity),
      ],
      timeoutSeconds: 25,
    });
    const release = new LambdaFunction(this, {
      name: 'clusters-release',
      tables: [
        readWrite(this.clusters),
        readWrite(devices.devices),
        readWrite(ledger.ledger),
        readWrite(payments.payments),
      ],
      environment: { INVOICING: this.config.invoicing },
      timeoutSeconds: 50,
    });
    return { provision, release };
  }

  private events(
    { devices }: ClustersStackProps,
    provisioning: Workflow,
    releasing: Workflow,
  ): LambdaFunction {
    const { consumer } = new StreamConsumer(this, {
      name: 'clusters-events',
      source: this.clusters,
      filter: newItems,
      tables: [read(this.clusters), read(devices.presence)],
      environment: {
        PROVISION_STATE_MACHINE_ARN: provisioning.arn,
        RELEASE_STATE_MACHINE_ARN: releasing.arn,
        SOCKET_ENDPOINT: devices.socket.endpoint,
      },
    });
    consumer.allow(['states:StartExecution'], [provisioning.arn, releasing.arn]);
    devices.socket.allowPush(consumer);
    return consumer;
  }

  private schedules(
    { identity, devices, market, ledger, payments }: ClustersStackProps,
    provisioning: Workflow,
    releasing: Workflow,
  ): void {
    const schedules = new LambdaFunction(this, {
      name: 'clusters-schedules',
      tables: [
        readWrite(this.clusters, 'by_live'),
        readWrite(devices.devices, 'by_offer'),
        read(market.market),
        readWrite(ledger.ledger),
        readWrite(payments.payments, 'by_owner'),
        readItem(identity.identity),
      ],
      environment: {
        PROVISION_STATE_MACHINE_ARN: provisioning.arn,
        RELEASE_STATE_MACHINE_ARN: releasing.arn,
      },
      timeoutSeconds: 120,
    });
    schedules.allow(['states:StartExecution'], [provisioning.arn, releasing.arn]);
    for (const task of ['expire-clusters', 'settle-usage', 'reconcile-clusters', 'watch-budgets']) {
      new ScheduledTask(schedules, { task, everyMinutes: 1 });
    }
  }
}

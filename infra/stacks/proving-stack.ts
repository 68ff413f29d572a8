/**
 * The functions of proofs. In a stack of their own, because the end of a proof changes devices, takes
 * commands out of the clusters' table and wakes the verification, while those lean on the table of proofs.
 */
import { Policy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { LambdaFunction } from '../constructs/lambda-function.ts';
import { PlatformStack } from '../constructs/platform-stack.ts';
import { ScheduledTask } from '../constructs/scheduled-task.ts';
import { readPut, readWrite } from '../constructs/table.ts';
import { VerifierLayer } from '../constructs/verifier-layer.ts';
import type { ApiStack } from './api-stack.ts';
import type { ClustersStack } from './clusters-stack.ts';
import type { DeviceWatchStack } from './device-watch-stack.ts';
import type { DevicesStack } from './devices-stack.ts';
import type { IdentityStack } from './identity-stack.ts';
import type { ProofsStack } from './proofs-stack.ts';

/** The stacks whose tables and workflows it uses. */
export interface ProvingStackProps {
  readonly api: ApiStack;
  readonly identity: IdentityStack;
  readonly devices: DevicesStack;
  readonly clusters: ClustersStack;
  readonly watch: DeviceWatchStack;
  readonly proofs: ProofsStack;
}

export class ProvingStack extends PlatformStack {
  constructor(stacks: ProvingStackProps) {
    super(stacks.api, 'proving');
    const functions = [this.endpoints(stacks), this.schedules(stacks)];
    new Policy(this, 'WakeVerification', {
      roles: functions.map(({ role }) => role),
      statements: [
        new PolicyStatement({
          actions: ['states:SendTaskSuccess'],
          resources: [stacks.watch.verifying.arn],
        }),
      ],
    });
  }

  private endpoints({ api, identity, devices, clusters, proofs }: ProvingStackProps) {
    const endpoints = api.addEndpoints(this, {
      name: 'proofs-http',
      segments: ['proofs'],
      paths: ['agent/proof-assignment'],
      identity: identity.identity,
      tables: [
        readWrite(proofs.proofs, 'by_proof'),
        readPut(proofs.beacon),
        readWrite(devices.devices),
        readWrite(clusters.clusters),
      ],
      environment: {
        RECEIPT_SECRET_ARN: proofs.receiptKey.secretArn,
        TRANSCRIPT_BUCKET_URL: proofs.transcripts.url,
      },
      layers: [new VerifierLayer(this)],
    });
    endpoints.allow(['secretsmanager:GetSecretValue'], [proofs.receiptKey.secretArn]);
    proofs.transcripts.allowPut(endpoints);
    return endpoints;
  }

  private schedules({ devices, clusters, proofs }: ProvingStackProps) {
    const schedules = new LambdaFunction(this, {
      name: 'proofs-schedules',
      tables: [
        readWrite(proofs.proofs),
        readPut(proofs.beacon),
        readWrite(devices.devices, 'by_owner'),
        readWrite(clusters.clusters),
      ],
      timeoutSeconds: 300,
      memoryMib: 1024,
    });
    new ScheduledTask(schedules, { task: 'sweep-challenges', everyMinutes: 1 });
    // A run that finds its hour judged ends after one read.
    new ScheduledTask(schedules, { task: 'judge-hour', everyMinutes: 5 });
    new ScheduledTask(schedules, { task: 'recheck-processors', everyMinutes: 60 });
    new ScheduledTask(schedules, { task: 'merge-suspects', everyMinutes: 360 });
    return schedules;
  }
}

/** Where messages end that could not be processed: they wait two weeks for an operator, with an alarm. */
import { Duration, Validations } from 'aws-cdk-lib';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { type AlarmProps, addAlarm } from './alarm.ts';

export class FailureQueue extends Queue {
  constructor(scope: Construct, id: string) {
    super(scope, id, {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    Validations.of(this).acknowledge({
      id: 'AwsSolutions-SQS3',
      reason: 'It is itself where failures end: its messages wait for an operator, with an alarm.',
    });
  }

  /** Rings while a message waits here; the alarm is the construct's in which the queue stands. */
  ring(scope: Construct, id: string, alarm: Pick<AlarmProps, 'runbook' | 'says'>): void {
    addAlarm(scope, id, {
      ...alarm,
      metric: this.metricApproximateNumberOfMessagesVisible({ statistic: 'Maximum' }),
      threshold: 1,
    });
  }
}

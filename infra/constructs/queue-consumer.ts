/**
 * A queue and the function that works it off. A message that fails comes back alone; after some tries it
 * waits with the dead letters, for two weeks, with an alarm. As many run at once as `atOnceMax`, so that
 * what stands behind them is not overrun.
 */
import { Duration } from 'aws-cdk-lib';
import { EventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { FailureQueue } from './failure-queue.ts';
import { LambdaFunction, type LambdaFunctionProps } from './lambda-function.ts';
import { type PlatformStack, pascalCase } from './platform-stack.ts';

export interface QueueConsumerProps extends LambdaFunctionProps {
  /** Runs at once; 2 or more. */
  readonly atOnceMax: number;
  /** Messages that one run is given; so few that it can wait out a slow provider for all of them. */
  readonly batchSize: number;
}

/** How often a message is tried before it waits for an operator. */
const triesMax = 8;

export class QueueConsumer extends Construct {
  readonly queue: Queue;
  readonly consumer: LambdaFunction;

  constructor(stack: PlatformStack, props: QueueConsumerProps) {
    super(stack, `${pascalCase(props.name)}Queue`);
    const deadLetters = new FailureQueue(this, 'DeadLetterQueue');
    this.queue = new Queue(this, 'Queue', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(4),
      // Longer than a run may take, several times: else a message would be given to two.
      visibilityTimeout: Duration.seconds(6 * props.timeoutSeconds),
      deadLetterQueue: { queue: deadLetters, maxReceiveCount: triesMax },
    });
    this.consumer = new LambdaFunction(stack, props);
    this.consumer.allow(
      ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
      [this.queue.queueArn],
    );
    const mapping = new EventSourceMapping(this, 'Mapping', {
      target: this.consumer.lambda,
      eventSourceArn: this.queue.queueArn,
      batchSize: props.batchSize,
      reportBatchItemFailures: true,
      maxConcurrency: props.atOnceMax,
    });
    mapping.node.addDependency(this.consumer.role);
    deadLetters.ring(this, 'DeadLetters', {
      runbook: 'dead-letters',
      says: `Function ${props.name} failed on a message again and again.`,
    });
  }
}

/**
 * A function that reads what changes in a table, as far as its filter lets through. The handler never throws: what it cannot
 * process it sends to the poison queue, so that one bad record does not hold up the others. Should the
 * function itself break, the batch is halved and tried again, then its place is noted in that queue.
 */
import { Duration, Validations } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { EventSourceMapping, FilterCriteria, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { addAlarm } from './alarm.ts';
import { FailureQueue } from './failure-queue.ts';
import { LambdaFunction, type LambdaFunctionProps } from './lambda-function.ts';
import { type PlatformStack, pascalCase } from './platform-stack.ts';
import type { StreamFilter } from './stream-filter.ts';
import type { NounTable } from './table.ts';

export interface StreamConsumerProps extends Omit<LambdaFunctionProps, 'timeoutSeconds'> {
  readonly source: NounTable;
  readonly filter: StreamFilter;
}

export class StreamConsumer extends Construct {
  readonly consumer: LambdaFunction;

  constructor(stack: PlatformStack, props: StreamConsumerProps) {
    super(stack, `${pascalCase(props.name)}Stream`);
    const poison = new FailureQueue(this, 'PoisonQueue');
    this.consumer = new LambdaFunction(stack, {
      ...props,
      timeoutSeconds: 60,
      environment: { ...props.environment, POISON_QUEUE_URL: poison.queueUrl },
    });
    this.consumer.allow(['sqs:SendMessage'], [poison.queueArn]);
    this.readStream(props, poison);
    addAlarm(this, 'Behind', {
      runbook: 'stream-behind',
      says: `Function ${props.name} is more than a minute behind its stream.`,
      metric: new Metric({
        namespace: 'AWS/Lambda',
        metricName: 'IteratorAge',
        dimensionsMap: { FunctionName: this.consumer.lambda.functionName },
        period: Duration.minutes(1),
        statistic: 'Maximum',
      }),
      threshold: 60_000,
      periods: 3,
    });
    poison.ring(this, 'Poison', {
      runbook: 'poison-messages',
      says: `Function ${props.name} met a record that it could not process.`,
    });
  }

  private readStream({ source, filter }: StreamConsumerProps, poison: Queue): void {
    const streamArn = source.tableStreamArn;
    if (streamArn === undefined) throw new Error(`table of ${source.noun} has no stream`);
    this.consumer.allow(
      ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'],
      [streamArn],
    );
    this.consumer.allow(['dynamodb:ListStreams'], ['*']);
    Validations.of(this.consumer.role).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason: 'dynamodb:ListStreams, which Lambda needs to poll, knows no resource.',
    });
    const mapping = new EventSourceMapping(this, 'Mapping', {
      target: this.consumer.lambda,
      eventSourceArn: streamArn,
      startingPosition: StartingPosition.TRIM_HORIZON,
      filters: [FilterCriteria.filter({ ...filter })],
      batchSize: 100,
      bisectBatchOnError: true,
      retryAttempts: 5,
      // The function may send to the queue already.
      onFailure: { bind: () => ({ destination: poison.queueArn }) },
    });
    mapping.node.addDependency(this.consumer.role);
  }
}

/**
 * Alarms. Each one names its entry in docs/runbook.md, which says what it means, how to look and what
 * to do; a test compares this list with the headings there.
 */
import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  type IMetric,
  Metric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { platformStackOf } from './platform-stack.ts';

export const runbookEntries = [
  'function-failing',
  'functions-throttled',
  'api-failing',
  'api-slow',
  'socket-failing',
  'stream-behind',
  'poison-messages',
  'dead-letters',
  'schedule-silent',
  'deposit-unreadable',
  'workflow-failed',
  'table-throttled',
  'treasury-key-changed',
] as const;

/** A heading of docs/runbook.md. */
type RunbookEntry = (typeof runbookEntries)[number];

export interface AlarmProps {
  readonly runbook: RunbookEntry;
  /** What has happened, as an operator reads it in the notification. */
  readonly says: string;
  readonly metric: IMetric;
  /** Rings when the metric is at least this, or below it where `below` is set. */
  readonly threshold: number;
  readonly below?: boolean;
  /** Periods in a row that it takes; 1 unless told. */
  readonly periods?: number;
}

/** Rings the stage's topic. No data is good news, except where too little is what it listens for. */
export const addAlarm = (scope: Construct, id: string, props: AlarmProps): Alarm => {
  const below = props.below ?? false;
  const alarm = new Alarm(scope, id, {
    alarmDescription: `${props.says} See docs/runbook.md#${props.runbook}`,
    metric: props.metric,
    threshold: props.threshold,
    evaluationPeriods: props.periods ?? 1,
    comparisonOperator: below
      ? ComparisonOperator.LESS_THAN_THRESHOLD
      : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    treatMissingData: below ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
  });
  const topicArn = platformStackOf(scope).config.alarmTopicArn;
  if (topicArn !== undefined) alarm.addAlarmAction({ bind: () => ({ alarmActionArn: topicArn }) });
  return alarm;
};

/** The sum of a metric over a period, five minutes unless told. One metric per alarm: the emulator knows no metric math. */
export const sumOf = (
  namespace: string,
  metricName: string,
  dimensionsMap: Readonly<Record<string, string>>,
  period: Duration = Duration.minutes(5),
): Metric => new Metric({ namespace, metricName, dimensionsMap, period, statistic: 'Sum' });

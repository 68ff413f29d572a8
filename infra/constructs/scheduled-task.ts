/**
 * Runs one task of a noun's schedules function again and again: the function gets `{ "task": name }`.
 * Tasks are idempotent and take what is due, so a run that is missed is made up by the next one.
 */
import { Duration } from 'aws-cdk-lib';
import { Rule, RuleTargetInput, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as LambdaTarget } from 'aws-cdk-lib/aws-events-targets';
import { Construct } from 'constructs';
import { addAlarm, sumOf } from './alarm.ts';
import type { LambdaFunction } from './lambda-function.ts';
import { pascalCase } from './platform-stack.ts';

export interface ScheduledTaskProps {
  /** The file's name before `.schedule.ts`. */
  readonly task: string;
  readonly everyMinutes: number;
}

export class ScheduledTask extends Construct {
  constructor(runner: LambdaFunction, props: ScheduledTaskProps) {
    super(runner, pascalCase(props.task));
    const rule = new Rule(this, 'Rule', {
      description: `${props.task}, every ${props.everyMinutes} minutes`,
      schedule: Schedule.rate(Duration.minutes(props.everyMinutes)),
      targets: [
        new LambdaTarget(runner.lambda, {
          event: RuleTargetInput.fromObject({ task: props.task }),
          retryAttempts: 2,
          maxEventAge: Duration.minutes(Math.max(1, props.everyMinutes)),
        }),
      ],
    });
    addAlarm(this, 'Silent', {
      runbook: 'schedule-silent',
      says: `Task ${props.task} has not been started for too long.`,
      metric: sumOf(
        'AWS/Events',
        'Invocations',
        { RuleName: rule.ruleName },
        Duration.minutes(Math.max(5, 2 * props.everyMinutes)),
      ),
      threshold: 1,
      below: true,
    });
  }
}

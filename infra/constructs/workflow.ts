/**
 * A state machine of the platform, written as data in Amazon States Language with JSONata. Its input and
 * its payloads are ids; refusals travel as outcomes, so an execution that fails is a fault of ours and
 * rings. Its log leaves out what passes through, for that includes task tokens.
 */
import { RemovalPolicy, Validations } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import {
  DefinitionBody,
  LogLevel,
  StateMachine,
  StateMachineType,
} from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { addAlarm, sumOf } from './alarm.ts';
import type { LambdaFunction } from './lambda-function.ts';
import { output, type PlatformStack, pascalCase } from './platform-stack.ts';
import type { WorkflowDefinition } from './workflow-states.ts';

export interface WorkflowProps {
  /** The definition's file before `.workflow.ts`. */
  readonly name: string;
  /** Shown after the deploy as `<output>StateMachineArn`. */
  readonly outputName: string;
  /** Carries out every step. */
  readonly steps: LambdaFunction;
  readonly define: (stepsArn: string) => WorkflowDefinition;
}

export class Workflow extends Construct {
  readonly arn: string;

  constructor(stack: PlatformStack, props: WorkflowProps) {
    const { config } = stack;
    super(stack, pascalCase(props.name));
    const stepsArn = props.steps.lambda.functionArn;
    const machine = new StateMachine(this, 'Machine', {
      comment: props.name,
      stateMachineType: StateMachineType.STANDARD,
      definitionBody: DefinitionBody.fromString(stack.toJsonString(props.define(stepsArn))),
      logs: {
        destination: new LogGroup(this, 'Logs', {
          retention: config.logRetention,
          removalPolicy: config.keepData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
        }),
        level: LogLevel.ALL,
        includeExecutionData: false,
      },
    });
    machine.addToRolePolicy(
      new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [stepsArn] }),
    );
    Validations.of(machine).acknowledge(
      {
        id: 'AwsSolutions-IAM5[Resource::*]',
        reason: 'Log delivery for state machines has actions that know no resource.',
      },
      {
        id: 'AwsSolutions-SF2',
        reason: 'One function does all steps; the history and the log show what a trace would.',
      },
    );
    this.arn = machine.stateMachineArn;
    for (const [id, metric, what] of [
      ['Failed', 'ExecutionsFailed', 'failed'],
      ['TimedOut', 'ExecutionsTimedOut', 'ran out of time'],
    ] as const) {
      addAlarm(this, id, {
        runbook: 'workflow-failed',
        says: `An execution of ${props.name} ${what}.`,
        metric: sumOf('AWS/States', metric, { StateMachineArn: this.arn }),
        threshold: 1,
      });
    }
    output(this, `${props.outputName}StateMachineArn`, this.arn);
  }
}

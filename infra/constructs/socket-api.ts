/**
 * The agents' WebSocket API: heartbeats and reports up, commands down. The function behind `$connect`
 * verifies the device's signature; messages are told apart by `action`.
 */
import { Stack, Token, Validations } from 'aws-cdk-lib';
import {
  type CfnApi,
  WebSocketApi,
  WebSocketRoute,
  WebSocketStage,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { WebSocketLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { addAlarm, sumOf } from './alarm.ts';
import type { LambdaFunction } from './lambda-function.ts';
import { output, type PlatformStack, pascalCase } from './platform-stack.ts';

export class AgentSocketApi extends Construct {
  /** Where agents dial. */
  readonly url: string;
  /** Where the platform sends messages to a connection. */
  readonly endpoint: string;
  private readonly api: WebSocketApi;
  private readonly stage: WebSocketStage;
  private readonly push: ManagedPolicy;

  constructor(stack: PlatformStack) {
    const { stage, emulator } = stack.config;
    super(stack, 'SocketApi');
    this.api = new WebSocketApi(this, 'Api', {
      apiName: `raymesh-${stage}-agents`,
      routeSelectionExpression: '$request.body.action',
    });
    this.stage = new WebSocketStage(this, 'Stage', {
      webSocketApi: this.api,
      stageName: 'agents',
      autoDeploy: true,
      throttle: { rateLimit: 5000, burstLimit: 5000 },
    });
    Validations.of(this.stage).acknowledge({
      id: 'AwsSolutions-APIG1',
      reason: 'A line per heartbeat would cost more than the heartbeat; presence records them.',
    });
    const local = `${emulator}/_aws/execute-api/${this.api.apiId}/${this.stage.stageName}`;
    this.endpoint = emulator === undefined ? this.stage.callbackUrl : local;
    this.url = emulator === undefined ? this.stage.url : local.replace(/^http/, 'ws');
    this.push = this.pushPolicy();
    addAlarm(this, 'Failing', {
      runbook: 'socket-failing',
      says: 'Functions behind the agents’ socket fail.',
      metric: sumOf('AWS/ApiGateway', 'IntegrationError', { ApiId: this.api.apiId }),
      threshold: 5,
    });
    output(this, 'SocketUrl', this.url);
  }

  /** Sends messages of these routes to this function. The routes stand in the function's stack. */
  serve(target: LambdaFunction, routeKeys: readonly string[]): void {
    for (const routeKey of routeKeys) {
      const name = pascalCase(routeKey.replace('$', ''));
      const route = new WebSocketRoute(target, name, {
        webSocketApi: this.api,
        routeKey,
        integration: new WebSocketLambdaIntegration(`Socket${name}`, target.lambda),
      });
      Validations.of(route).acknowledge({
        id: 'AwsSolutions-APIG4',
        reason:
          'The function verifies the signature at $connect, then the connection in each write.',
      });
    }
  }

  /** Lets this function send messages to connections. */
  allowPush(sender: LambdaFunction): void {
    sender.role.addManagedPolicy(this.push);
  }

  /** The right to send to any connection; connections come and go, so they cannot be named. */
  private pushPolicy(): ManagedPolicy {
    const connections = this.api.arnForExecuteApiV2('POST/@connections/*', this.stage.stageName);
    const policy = new ManagedPolicy(this, 'Push', {
      statements: [
        new PolicyStatement({
          actions: ['execute-api:ManageConnections'],
          resources: [connections],
        }),
      ],
    });
    const stack = Stack.of(this);
    const shown = (value: string, name: string) =>
      Token.isUnresolved(value) ? `<AWS::${name}>` : value;
    const account = shown(stack.account, 'AccountId');
    const region = shown(stack.region, 'Region');
    const api = stack.getLogicalId(this.api.node.defaultChild as CfnApi);
    Validations.of(policy).acknowledge({
      id: `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:execute-api:${region}:${account}:<${api}>/${this.stage.stageName}/POST/@connections/*]`,
      reason: 'Connections come and go; the right is that of sending to those of this API.',
    });
    return policy;
  }
}

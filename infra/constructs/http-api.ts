/**
 * The HTTP API: every path's first segment belongs to one function, which routes further by its own
 * table and authenticates. Has an access log in JSON, a limit on the rate, and alarms.
 */
import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  CorsHttpMethod,
  HttpApi,
  HttpMethod,
  HttpRoute,
  HttpRouteKey,
  HttpStage,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Config } from '../config.ts';
import { addAlarm, sumOf } from './alarm.ts';
import type { LambdaFunction } from './lambda-function.ts';
import { output, type PlatformStack, pascalCase } from './platform-stack.ts';

/** One line per request: who, what, how it ended, how long it took. No query, no header, no body. */
const accessLogFormat = AccessLogFormat.custom(
  JSON.stringify({
    gateway_request_id: '$context.requestId',
    at: '$context.requestTime',
    source_ip: '$context.identity.sourceIp',
    method: '$context.httpMethod',
    path: '$context.path',
    status: '$context.status',
    bytes: '$context.responseLength',
    latency_ms: '$context.responseLatency',
    integration_error: '$context.integrationErrorMessage',
  }),
);

const corsOf = ({ browserOrigins }: Config) =>
  browserOrigins.length === 0
    ? {}
    : {
        corsPreflight: {
          allowOrigins: [...browserOrigins],
          allowMethods: [CorsHttpMethod.ANY],
          allowHeaders: ['authorization', 'content-type', 'idempotency-key'],
          exposeHeaders: [
            'request-id',
            'ratelimit',
            'ratelimit-policy',
            'retry-after',
            'idempotent-replayed',
          ],
          maxAge: Duration.hours(1),
        },
      };

export class PlatformHttpApi extends Construct {
  private readonly api: HttpApi;

  constructor(stack: PlatformStack) {
    const { config } = stack;
    super(stack, 'HttpApi');
    this.api = new HttpApi(this, 'Api', {
      apiName: `raymesh-${config.stage}`,
      createDefaultStage: false,
      ...corsOf(config),
    });
    new HttpStage(this, 'Stage', {
      httpApi: this.api,
      autoDeploy: true,
      throttle: { rateLimit: config.requestRate.steady, burstLimit: config.requestRate.burst },
      accessLogSettings: {
        destination: new LogGroupLogDestination(
          new LogGroup(this, 'AccessLog', {
            retention: config.logRetention,
            removalPolicy: config.keepData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
          }),
        ),
        format: accessLogFormat,
      },
    });
    this.watch();
    output(
      this,
      'ApiUrl',
      config.emulator === undefined
        ? this.api.apiEndpoint
        : `${config.emulator}/_aws/execute-api/${this.api.apiId}/$default`,
    );
  }

  /**
   * Sends `/v1/<segment>` and all below it to this function, and the single `paths`, which go before what
   * stands above them. The routes stand in the function's stack.
   */
  serve(target: LambdaFunction, segments: readonly string[], paths: readonly string[] = []): void {
    const integration = new HttpLambdaIntegration('Http', target.lambda, {
      scopePermissionToRoute: false,
    });
    const places = [
      ...segments.flatMap((segment) => [
        { id: pascalCase(segment.replace('.', '-')), path: `/v1/${segment}` },
        { id: `${pascalCase(segment.replace('.', '-'))}Below`, path: `/v1/${segment}/{proxy+}` },
      ]),
      ...paths.map((path) => ({ id: pascalCase(path.replace('/', '-')), path: `/v1/${path}` })),
    ];
    for (const { id, path } of places) {
      const route = new HttpRoute(target, id, {
        httpApi: this.api,
        routeKey: HttpRouteKey.with(path, HttpMethod.ANY),
        integration,
      });
      Validations.of(route).acknowledge({
        id: 'AwsSolutions-APIG4',
        reason:
          'The function authenticates every request by its route table: API keys, signatures.',
      });
    }
  }

  /** Scheme and host at which the API answers. */
  get origin(): string {
    return this.api.apiEndpoint;
  }

  private watch(): void {
    addAlarm(this, 'Failing', {
      runbook: 'api-failing',
      says: 'The HTTP API answered with 5xx.',
      metric: sumOf('AWS/ApiGateway', '5xx', { ApiId: this.api.apiId }),
      threshold: 5,
    });
    addAlarm(this, 'Slow', {
      runbook: 'api-slow',
      says: 'One request in a hundred takes the HTTP API more than 5 s.',
      metric: new Metric({
        namespace: 'AWS/ApiGateway',
        metricName: 'Latency',
        dimensionsMap: { ApiId: this.api.apiId },
        period: Duration.minutes(5),
        statistic: 'p99',
      }),
      threshold: 5000,
      periods: 3,
    });
  }
}

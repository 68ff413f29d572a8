/**
 * For each resource type that we use: how to read what the emulator really made, in the form of the
 * template's properties, and how to set what its CloudFormation accepts and drops.
 */
import {
  ApiGatewayV2Client,
  GetApiCommand,
  GetIntegrationCommand,
  GetRouteCommand,
  GetStageCommand,
  UpdateApiCommand,
  UpdateStageCommand,
} from '@aws-sdk/client-apigatewayv2';
import { CloudWatchLogsClient, DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import {
  DescribeContinuousBackupsCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  UpdateContinuousBackupsCommand,
  UpdateTableCommand,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import {
  GetEventSourceMappingCommand,
  GetFunctionConcurrencyCommand,
  GetFunctionConfigurationCommand,
  GetLayerVersionByArnCommand,
  LambdaClient,
  PutFunctionConcurrencyCommand,
} from '@aws-sdk/client-lambda';
import {
  DescribeSecretCommand,
  GetRandomPasswordCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import {
  DescribeStateMachineCommand,
  type LogLevel,
  SFNClient,
  UpdateStateMachineCommand,
} from '@aws-sdk/client-sfn';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { bucketKind } from './bucket-kind.ts';
import { emulatorCredentials, emulatorRegion } from './emulator.ts';
import type { ResourceKind } from './resource-kind.ts';

/** Names of services by those of their interfaces. */
const services: Readonly<Record<string, string>> = { AWSEvents: 'events', TrentService: 'kms' };

/** A call of a service whose client we do not carry. */
const callJson = async (
  endpoint: string,
  target: string,
  input: object,
): Promise<Record<string, unknown>> => {
  const service = services[target.split('.')[0] ?? ''] ?? 'unknown';
  const answer = await fetch(endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': target,
      authorization: `AWS4-HMAC-SHA256 Credential=test/20260101/${emulatorRegion}/${service}/aws4_request, SignedHeaders=host, Signature=none`,
    },
    body: JSON.stringify(input),
  });
  if (!answer.ok) throw new Error(`${target}: ${answer.status} ${await answer.text()}`);
  return answer.json() as Promise<Record<string, unknown>>;
};

const tableKind = (client: DynamoDBClient): ResourceKind => ({
  async read(TableName) {
    const [{ Table }, { TimeToLiveDescription }, { ContinuousBackupsDescription }] =
      await Promise.all([
        client.send(new DescribeTableCommand({ TableName })),
        client.send(new DescribeTimeToLiveCommand({ TableName })),
        client.send(new DescribeContinuousBackupsCommand({ TableName })),
      ]);
    const recovery = ContinuousBackupsDescription?.PointInTimeRecoveryDescription;
    return {
      ...Table,
      BillingMode: Table?.BillingModeSummary?.BillingMode,
      SSESpecification: { SSEEnabled: Table?.SSEDescription?.Status === 'ENABLED' },
      PointInTimeRecoverySpecification: {
        PointInTimeRecoveryEnabled: recovery?.PointInTimeRecoveryStatus === 'ENABLED',
      },
      TimeToLiveSpecification: {
        AttributeName: TimeToLiveDescription?.AttributeName,
        Enabled: TimeToLiveDescription?.TimeToLiveStatus === 'ENABLED',
      },
    };
  },
  set: {
    TimeToLiveSpecification: (TableName, TimeToLiveSpecification) =>
      client.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification })),
    PointInTimeRecoverySpecification: (TableName, PointInTimeRecoverySpecification) =>
      client.send(
        new UpdateContinuousBackupsCommand({ TableName, PointInTimeRecoverySpecification }),
      ),
    DeletionProtectionEnabled: (TableName, DeletionProtectionEnabled) =>
      client.send(new UpdateTableCommand({ TableName, DeletionProtectionEnabled })),
  },
});

const functionKind = (client: LambdaClient): ResourceKind => ({
  async read(FunctionName) {
    const [configuration, concurrency] = await Promise.all([
      client.send(new GetFunctionConfigurationCommand({ FunctionName })),
      client.send(new GetFunctionConcurrencyCommand({ FunctionName })),
    ]);
    const Layers = configuration.Layers?.map(({ Arn }) => Arn);
    return { ...configuration, ...concurrency, Layers };
  },
  set: {
    ReservedConcurrentExecutions: (FunctionName, ReservedConcurrentExecutions) =>
      client.send(
        new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions }),
      ),
  },
});

const layerKind = (client: LambdaClient): ResourceKind => ({
  read: async (Arn) => ({ ...(await client.send(new GetLayerVersionByArnCommand({ Arn }))) }),
});

const mappingKind = (client: LambdaClient): ResourceKind => ({
  async read(UUID) {
    const mapping = await client.send(new GetEventSourceMappingCommand({ UUID }));
    return { ...mapping, FunctionName: mapping.FunctionArn?.split(':').at(-1) };
  },
});

const queueKind = (client: SQSClient): ResourceKind => ({
  async read(QueueUrl) {
    const { Attributes = {} } = await client.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }),
    );
    const redrive = Attributes['RedrivePolicy'];
    return { ...Attributes, ...(redrive ? { RedrivePolicy: JSON.parse(redrive) } : {}) };
  },
});

const apiKind = (client: ApiGatewayV2Client): ResourceKind => ({
  read: async (ApiId) => ({ ...(await client.send(new GetApiCommand({ ApiId }))) }),
  set: {
    CorsConfiguration: (ApiId, CorsConfiguration) =>
      client.send(new UpdateApiCommand({ ApiId, CorsConfiguration })),
  },
});

/** The parts of an API: what they belong to stands in their own properties. */
const apiPartKinds = (client: ApiGatewayV2Client): Readonly<Record<string, ResourceKind>> => {
  const last = (physicalId: string): string => physicalId.split('/').at(-1) ?? physicalId;
  const part = (get: (ApiId: string, physicalId: string) => Promise<object>): ResourceKind => ({
    async read(physicalId, { ApiId }) {
      return { ...(await get(String(ApiId), last(physicalId))), ApiId };
    },
  });
  return {
    'AWS::ApiGatewayV2::Route': part((ApiId, RouteId) =>
      client.send(new GetRouteCommand({ ApiId, RouteId })),
    ),
    'AWS::ApiGatewayV2::Integration': part((ApiId, IntegrationId) =>
      client.send(new GetIntegrationCommand({ ApiId, IntegrationId })),
    ),
    'AWS::ApiGatewayV2::Stage': {
      ...part((ApiId, StageName) => client.send(new GetStageCommand({ ApiId, StageName }))),
      set: {
        DefaultRouteSettings: (StageName, DefaultRouteSettings, { ApiId }) =>
          client.send(
            new UpdateStageCommand({ ApiId: String(ApiId), StageName, DefaultRouteSettings }),
          ),
      },
    },
  };
};

interface AskedLogging {
  readonly Level: LogLevel;
  readonly IncludeExecutionData: boolean;
  readonly Destinations: readonly {
    readonly CloudWatchLogsLogGroup: { readonly LogGroupArn: string };
  }[];
}

const stateMachineKind = (client: SFNClient): ResourceKind => ({
  async read(stateMachineArn) {
    const machine = await client.send(new DescribeStateMachineCommand({ stateMachineArn }));
    const logging = machine.loggingConfiguration;
    return {
      DefinitionString: machine.definition,
      RoleArn: machine.roleArn,
      StateMachineType: machine.type,
      LoggingConfiguration: {
        Level: logging?.level,
        IncludeExecutionData: logging?.includeExecutionData,
        Destinations: logging?.destinations?.map(({ cloudWatchLogsLogGroup }) => ({
          CloudWatchLogsLogGroup: { LogGroupArn: cloudWatchLogsLogGroup?.logGroupArn },
        })),
      },
    };
  },
  set: {
    LoggingConfiguration: (stateMachineArn, asked: AskedLogging) =>
      client.send(
        new UpdateStateMachineCommand({
          stateMachineArn,
          loggingConfiguration: {
            level: asked.Level,
            includeExecutionData: asked.IncludeExecutionData,
            destinations: asked.Destinations.map(({ CloudWatchLogsLogGroup: group }) => ({
              cloudWatchLogsLogGroup: { logGroupArn: group.LogGroupArn },
            })),
          },
        }),
      ),
  },
});

const logGroupKind = (client: CloudWatchLogsClient): ResourceKind => ({
  async read(name) {
    const { logGroups = [] } = await client.send(
      new DescribeLogGroupsCommand({ logGroupNamePrefix: name }),
    );
    const group = logGroups.find(({ logGroupName }) => logGroupName === name);
    return { RetentionInDays: group?.retentionInDays };
  },
});

/** What was asked for of a secret's text, as far as it is kept; a template takes a made-up value in. */
const generated = (text: string, asked: unknown): object => {
  const { SecretStringTemplate: template, GenerateStringKey: key } = asked as {
    readonly SecretStringTemplate?: string;
    readonly GenerateStringKey?: string;
  };
  if (template === undefined || key === undefined) {
    return {
      PasswordLength: text.length,
      ExcludePunctuation: /^[A-Za-z0-9 ]*$/.test(text),
      IncludeSpace: text.includes(' '),
    };
  }
  const { [key]: made, ...rest } = JSON.parse(text) as Record<string, unknown>;
  return {
    SecretStringTemplate: JSON.stringify(rest),
    GenerateStringKey: typeof made === 'string' ? key : undefined,
  };
};

const keyKind = (endpoint: string): ResourceKind => ({
  async read(KeyId) {
    const [{ KeyMetadata }, { Policy }] = await Promise.all([
      callJson(endpoint, 'TrentService.DescribeKey', { KeyId }),
      callJson(endpoint, 'TrentService.GetKeyPolicy', { KeyId, PolicyName: 'default' }),
    ]);
    return { ...(KeyMetadata as object), KeyPolicy: JSON.parse(String(Policy)) };
  },
});

const secretKind = (client: SecretsManagerClient): ResourceKind => ({
  async read(SecretId, { GenerateSecretString = {} }) {
    const [description, { SecretString: text = '' }] = await Promise.all([
      client.send(new DescribeSecretCommand({ SecretId })),
      client.send(new GetSecretValueCommand({ SecretId })),
    ]);
    return {
      Description: description.Description,
      GenerateSecretString: generated(text, GenerateSecretString),
    };
  },
  set: {
    GenerateSecretString: async (SecretId, asked) => {
      const { RandomPassword: SecretString } = await client.send(
        new GetRandomPasswordCommand(asked),
      );
      await client.send(new PutSecretValueCommand({ SecretId, SecretString }));
    },
  },
});

const ruleKind = (endpoint: string): ResourceKind => ({
  async read(Rule) {
    const [rule, { Targets }] = await Promise.all([
      callJson(endpoint, 'AWSEvents.DescribeRule', { Name: Rule }),
      callJson(endpoint, 'AWSEvents.ListTargetsByRule', { Rule }),
    ]);
    return { ...rule, Targets };
  },
});

/** The kinds by CloudFormation type, reading from the emulator at this endpoint. */
export const resourceKinds = (endpoint: string): Readonly<Record<string, ResourceKind>> => {
  const configuration = { endpoint, region: emulatorRegion, credentials: emulatorCredentials };
  const lambda = new LambdaClient(configuration);
  const api = new ApiGatewayV2Client(configuration);
  return {
    'AWS::DynamoDB::Table': tableKind(new DynamoDBClient(configuration)),
    'AWS::Lambda::Function': functionKind(lambda),
    'AWS::Lambda::LayerVersion': layerKind(lambda),
    'AWS::Lambda::EventSourceMapping': mappingKind(lambda),
    'AWS::SQS::Queue': queueKind(new SQSClient(configuration)),
    'AWS::ApiGatewayV2::Api': apiKind(api),
    ...apiPartKinds(api),
    'AWS::StepFunctions::StateMachine': stateMachineKind(new SFNClient(configuration)),
    'AWS::Logs::LogGroup': logGroupKind(new CloudWatchLogsClient(configuration)),
    'AWS::SecretsManager::Secret': secretKind(new SecretsManagerClient(configuration)),
    'AWS::Events::Rule': ruleKind(endpoint),
    'AWS::KMS::Key': keyKind(endpoint),
    'AWS::S3::Bucket': bucketKind(endpoint),
  };
};

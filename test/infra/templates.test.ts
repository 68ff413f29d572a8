/** What the templates promise, whatever the stacks look like inside. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { runbookEntries } from '../../infra/constructs/alarm.ts';
import { changedDevices, newItems } from '../../infra/constructs/stream-filter.ts';
import { functionNames } from '../../infra/functions.ts';
import { environmentNames } from '../../shared/core/env.ts';
import { type TableName, tables } from '../../shared/core/tables.ts';
import { at, listed, synthesise } from './synthesised.ts';

const dev = synthesise({ stage: 'dev' });
const prod = synthesise({ stage: 'prod', region: 'ap-southeast-2', account: '111122223333' });
const local = synthesise({ stage: 'local', emulator: 'http://127.0.0.1:4566' });

/** Logical ids of tables. A change replaces the table: write a decision note and move the data first. */
const tableIds: Record<TableName, string> = {
  identity: 'Identity2D60E2CC',
  requests: 'RequestsC42AC379',
  devices: 'Devices9DBB8A1F',
  presence: 'Presence971F9ED9',
  market: 'Market283E334F',
  clusters: 'Clusters3E3F57D1',
  ledger: 'LedgerB7379752',
  payments: 'Payments130453D3',
  proofs: 'Proofs8E4B3043',
  beacon: 'BeaconC128786E',
  rewards: 'Rewards6B646C61',
};

/** The stack of each table; moving one means moving its data. */
const tableStacks: Record<TableName, string> = {
  identity: 'identity',
  requests: 'api',
  devices: 'devices',
  presence: 'devices',
  market: 'market',
  clusters: 'clusters',
  ledger: 'ledger',
  payments: 'payments',
  proofs: 'proofs',
  beacon: 'proofs',
  rewards: 'rewards',
};

describe('tables', () => {
  test('keep their logical ids and stacks', () => {
    const found = dev.ofType('AWS::DynamoDB::Table').map(({ stack, id }) => `${stack} ${id}`);
    const pinned = Object.entries(tableIds).map(
      ([name, id]) => `raymesh-dev-${tableStacks[name as TableName]} ${id}`,
    );
    expect(found.sort()).toEqual(pinned.sort());
  });

  test.each(Object.keys(tables))(
    '%s survives mistakes: recovery, protection, retention',
    (name) => {
      for (const platform of [dev, prod]) {
        const table = platform.resources.find(({ id }) => id === tableIds[name as TableName]);
        expect(table?.declaration).toMatchObject({
          DeletionPolicy: 'Retain',
          UpdateReplacePolicy: 'Retain',
          Properties: {
            DeletionProtectionEnabled: true,
            PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
            SSESpecification: { SSEEnabled: true },
            BillingMode: 'PAY_PER_REQUEST',
          },
        });
      }
    },
  );

  test('have the indexes, the expiry and the stream that shared/core/tables.ts names', () => {
    for (const [name, shape] of Object.entries(tables)) {
      const table = dev.resources.find(({ id }) => id === tableIds[name as TableName]);
      const properties = at(table?.declaration ?? null, 'Properties');
      const indexes = listed(at(properties, 'GlobalSecondaryIndexes')).map((index) => [
        at(index, 'IndexName'),
        at(index, 'KeySchema', 0, 'AttributeName'),
        at(index, 'KeySchema', 1, 'AttributeName'),
        at(index, 'Projection', 'ProjectionType'),
      ]);
      expect({
        name,
        indexes,
        ttl: at(properties, 'TimeToLiveSpecification', 'AttributeName') === 'expires_at_s',
        stream: at(properties, 'StreamSpecification') !== null,
      }).toEqual({
        name,
        indexes: Object.entries(shape.indexes).map(([index, { pk, sk, projection }]) => [
          index,
          pk,
          sk,
          projection,
        ]),
        ttl: shape.ttl,
        stream: shape.stream,
      });
    }
  });
});

describe('functions', () => {
  test('are the files of functions/entries', () => {
    const files = readdirSync('functions/entries').map((file) => file.replace(/\.ts$/, ''));
    expect(files.sort()).toEqual([...functionNames].sort());
  });

  test('are all deployed, on Node 24 and arm64, with a time-out below that of their caller', () => {
    const deployed = dev.ofType('AWS::Lambda::Function').map(({ declaration }) => declaration);
    expect(deployed.map((lambda) => at(lambda, 'Properties', 'Description')).sort()).toEqual(
      [...functionNames].sort(),
    );
    for (const lambda of deployed) {
      expect(lambda).toMatchObject({
        Properties: { Runtime: 'nodejs24.x', Architectures: ['arm64'] },
      });
      const http = String(at(lambda, 'Properties', 'Description')).endsWith('-http');
      expect(at(lambda, 'Properties', 'Timeout')).toBeLessThan(http ? 30 : 301);
    }
  });

  test('get no environment variable that the contract does not know', () => {
    for (const { declaration } of local.ofType('AWS::Lambda::Function')) {
      const variables = at(declaration, 'Properties', 'Environment', 'Variables') as object;
      expect(environmentNames).toEqual(expect.arrayContaining(Object.keys(variables)));
    }
  });

  test('run tasks that have a file, each by one rule', () => {
    const tasks = dev
      .ofType('AWS::Events::Rule')
      .filter(({ declaration }) => at(declaration, 'Properties', 'ScheduleExpression') !== null)
      .map(({ declaration }) =>
        String(JSON.parse(String(at(declaration, 'Properties', 'Targets', 0, 'Input'))).task),
      );
    const files = [
      'devices',
      'clusters',
      'ledger',
      'payments',
      'proofs',
      'rewards',
      'token',
    ].flatMap((noun) =>
      readdirSync(`functions/${noun}`, { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.schedule.ts'))
        .map((file) => basename(file, '.schedule.ts')),
    );
    expect(tasks.sort()).toEqual(files.sort());
  });
});

describe('the HTTP API', () => {
  /** `clusters` -> `clusters-http`, from routes through integrations to functions; single paths in full. */
  const servedBy = (): Map<string, string> => {
    const functionOf = (arn: string) =>
      dev.ofType('AWS::Lambda::Function').find(({ id }) => arn === `<${id}.Arn>`);
    const integrations = new Map(
      dev.ofType('AWS::ApiGatewayV2::Integration').map(({ id, declaration }) => {
        const target = functionOf(dev.plain(at(declaration, 'Properties', 'IntegrationUri')));
        return [id, String(at(target?.declaration ?? null, 'Properties', 'Description'))] as const;
      }),
    );
    return new Map(
      dev.ofType('AWS::ApiGatewayV2::Route').flatMap(({ declaration }) => {
        const [, segment] =
          /^ANY \/v1\/(.+?)(?:\/\{proxy\+\})?$/.exec(
            String(at(declaration, 'Properties', 'RouteKey')),
          ) ?? [];
        const target = dev.plain(at(declaration, 'Properties', 'Target'));
        const integration = target.replace(/^integrations\/<|>$/g, '');
        return segment === undefined
          ? []
          : [[segment, integrations.get(integration) ?? 'nobody'] as const];
      }),
    );
  };

  test.each([
    'identity',
    'devices',
    'market',
    'clusters',
    'ledger',
    'payments',
    'proofs',
    'rewards',
    'token',
  ])('brings every route of %s to its function', async (noun) => {
    const module: Record<string, readonly { readonly path: string }[]> = await import(
      `../../functions/${noun}/routes.ts`
    );
    const routes = Object.values(module).filter(Array.isArray).flat();
    const served = servedBy();
    expect(routes.length).toBeGreaterThan(0);
    for (const { path } of routes) {
      const segment = path.split('/')[2] ?? '';
      const server = served.get(path.slice('/v1/'.length)) ?? served.get(segment);
      expect(`${path} by ${server}`).toBe(`${path} by ${noun}-http`);
    }
  });

  test('lets browsers send and read the headers of the pipeline, and no others', () => {
    const [api] = local.ofType('AWS::ApiGatewayV2::Api').flatMap(({ declaration }) => {
      const cors = at(declaration, 'Properties', 'CorsConfiguration');
      return cors === null ? [] : [cors];
    });
    expect(api).toMatchObject({
      AllowHeaders: ['authorization', 'content-type', 'idempotency-key'],
      ExposeHeaders: [
        'request-id',
        'ratelimit',
        'ratelimit-policy',
        'retry-after',
        'idempotent-replayed',
      ],
    });
  });

  test('has for each segment a route for itself and one for all below', () => {
    const keys = dev
      .ofType('AWS::ApiGatewayV2::Route')
      .map(({ declaration }) => String(at(declaration, 'Properties', 'RouteKey')));
    const segments = [...servedBy().keys()].filter((place) => !place.includes('/'));
    for (const segment of segments) {
      expect(keys).toContain(`ANY /v1/${segment}`);
      expect(keys).toContain(`ANY /v1/${segment}/{proxy+}`);
    }
  });
});

describe('operations', () => {
  const runbook = readFileSync('docs/runbook.md', 'utf8');
  const headings = [...runbook.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);

  test('every alarm names an entry of the runbook, and every entry has an alarm', () => {
    const named = dev.ofType('AWS::CloudWatch::Alarm').map(({ declaration }) => {
      const text = String(at(declaration, 'Properties', 'AlarmDescription'));
      return /docs\/runbook\.md#([a-z-]+)$/.exec(text)?.[1];
    });
    expect([...new Set(named)].sort()).toEqual([...runbookEntries].sort());
    expect([...headings].sort()).toEqual([...runbookEntries].sort());
  });

  test('alarms notify the topic that the deployment names', () => {
    const topic = 'arn:aws:sns:eu-west-1:111122223333:operators';
    const told = synthesise({ stage: 'prod', alarmTopicArn: topic });
    for (const { declaration } of told.ofType('AWS::CloudWatch::Alarm')) {
      expect(at(declaration, 'Properties', 'AlarmActions')).toEqual([topic]);
    }
  });

  test('every queue has a dead-letter queue or is where failures end, with an alarm', () => {
    const watched = dev
      .ofType('AWS::CloudWatch::Alarm')
      .map(({ declaration }) => JSON.stringify(at(declaration, 'Properties', 'Dimensions')))
      .join();
    for (const { id, declaration } of dev.ofType('AWS::SQS::Queue')) {
      const redrive = at(declaration, 'Properties', 'RedrivePolicy');
      expect(redrive !== null || watched.includes(`"${id}"`)).toBe(true);
    }
  });

  const mappings = dev.ofType('AWS::Lambda::EventSourceMapping');
  const isStream = ({ declaration }: (typeof mappings)[number]) =>
    at(declaration, 'Properties', 'StartingPosition') !== null;
  const streamMappings = () => mappings.filter(isStream);

  test('every queue consumer gives back what failed alone, and runs a few at once', () => {
    const ofQueues = mappings.filter((mapping) => !isStream(mapping));
    expect(ofQueues).toHaveLength(2);
    for (const { declaration } of ofQueues) {
      expect(declaration).toMatchObject({
        Properties: {
          FunctionResponseTypes: ['ReportBatchItemFailures'],
          ScalingConfig: { MaximumConcurrency: expect.any(Number) },
        },
      });
    }
  });

  test('every stream consumer halves failing batches, gives up in the end and notes where', () => {
    expect(streamMappings()).toHaveLength(3);
    for (const { declaration } of streamMappings()) {
      expect(declaration).toMatchObject({
        Properties: {
          BisectBatchOnFunctionError: true,
          MaximumRetryAttempts: 5,
          DestinationConfig: { OnFailure: { Destination: expect.anything() } },
        },
      });
    }
  });

  test('every stream consumer is told what it works on: new items, and changed devices', () => {
    const filters = streamMappings().map(({ declaration }) =>
      JSON.parse(String(at(declaration, 'Properties', 'FilterCriteria', 'Filters', 0, 'Pattern'))),
    );
    expect(filters).toHaveLength(3);
    expect(filters).toEqual(expect.arrayContaining([newItems, newItems, changedDevices]));
  });

  test('logs are kept for a while, not for ever, and none is made without us', () => {
    const logs = prod.ofType('AWS::Logs::LogGroup');
    for (const { declaration } of logs) {
      expect(at(declaration, 'Properties', 'RetentionInDays')).toBe(180);
    }
    // One per function and state machine, one of the HTTP API.
    expect(logs).toHaveLength(functionNames.length + 6 + 1);
  });

  test('the log of a state machine leaves out the data, for that includes task tokens', () => {
    for (const { declaration } of dev.ofType('AWS::StepFunctions::StateMachine')) {
      expect(declaration).toMatchObject({
        Properties: { LoggingConfiguration: { IncludeExecutionData: false } },
      });
    }
  });
});

describe('the key of the treasury', () => {
  const keyOf = (platform: typeof dev) =>
    platform.ofType('AWS::KMS::Key').map((one) => one.declaration);

  test('is one of Ed25519 for signing, and survives its stack', () => {
    for (const platform of [dev, prod]) {
      expect(keyOf(platform)).toHaveLength(1);
      expect(keyOf(platform)[0]).toMatchObject({
        DeletionPolicy: 'Retain',
        Properties: { KeySpec: 'ECC_NIST_EDWARDS25519', KeyUsage: 'SIGN_VERIFY' },
      });
    }
  });

  test('lets administrators neither sign, nor have signed, nor delete it', () => {
    const statements = listed(at(keyOf(dev)[0] ?? null, 'Properties', 'KeyPolicy', 'Statement'));
    const [administration] = statements.filter((one) => at(one, 'Sid') === 'Administration');
    const actions = listed(at(administration ?? null, 'Action')).map(String);
    expect(actions).toContain('kms:PutKeyPolicy');
    for (const action of ['kms:*', 'kms:Sign', 'kms:CreateGrant', 'kms:ScheduleKeyDeletion']) {
      expect(actions).not.toContain(action);
    }
  });

  test('signs for no function but that of payouts, and in the one way that Solana reads', () => {
    const statements = listed(at(keyOf(dev)[0] ?? null, 'Properties', 'KeyPolicy', 'Statement'));
    const others = statements.filter((one) => at(one, 'Sid') !== 'Administration');
    for (const statement of others) {
      expect(dev.plain(at(statement, 'Principal', 'AWS'))).toContain('PaymentsPayoutsRole');
      expect(statement).toMatchObject({
        Action: 'kms:Sign',
        Condition: {
          StringEquals: { 'kms:SigningAlgorithm': 'ED25519_SHA_512', 'kms:MessageType': 'RAW' },
        },
      });
    }
  });

  test('signs mints as well where the token is our own, and only there', () => {
    const own = synthesise({ stage: 'dev', token: 'own', genesisHour: '2026-11-23T07' });
    const signers = (platform: typeof dev) =>
      listed(at(keyOf(platform)[0] ?? null, 'Properties', 'KeyPolicy', 'Statement'))
        .filter((one) => at(one, 'Sid') !== 'Administration')
        .map((one) => platform.plain(at(one, 'Principal', 'AWS')));
    expect(signers(dev)).toEqual([expect.stringContaining('PaymentsPayoutsRole')]);
    expect(signers(own)).toEqual([
      expect.stringContaining('PaymentsPayoutsRole'),
      expect.stringContaining('TokenMintRole'),
    ]);
  });

  test('rings when it, or who may use it, was changed', () => {
    const [rule] = dev
      .ofType('AWS::Events::Rule')
      .filter(({ declaration }) => at(declaration, 'Properties', 'EventPattern') !== null);
    const pattern = at(rule?.declaration ?? null, 'Properties', 'EventPattern');
    expect(at(pattern, 'detail', 'eventName')).toContain('PutKeyPolicy');
    expect(dev.plain(at(pattern, 'detail', 'resources', 'ARN', 0))).toMatch(/^<TreasuryKey/);
    expect(dev.plain(at(rule?.declaration ?? null, 'Properties', 'Targets', 0, 'Arn'))).toMatch(
      /^<TreasuryChanges/,
    );
  });
});

describe('stages and regions', () => {
  test('cdk-nag finds nothing that was not acknowledged', () => {
    expect([...dev.findings, ...prod.findings, ...local.findings]).toEqual([]);
  });

  test('nothing of the emulator or of its clock is in the templates of other stages', () => {
    for (const { text } of [dev, prod]) {
      expect(text).not.toMatch(/127\.0\.0\.1|localhost|_aws\/execute-api|emulator|offset/i);
    }
    expect(local.text).toContain('http://127.0.0.1:4566/_aws/execute-api/');
  });

  test('a second region is synthesised as the first, and names no other', () => {
    expect(prod.ofType('AWS::Lambda::Function')).toHaveLength(functionNames.length);
    expect(prod.text).not.toMatch(/us-east-1|eu-central-1/);
  });

  test('no resource has a name of our choosing that would bar a second deployment', () => {
    const nameOf: Record<string, string> = {
      'AWS::DynamoDB::Table': 'TableName',
      'AWS::Lambda::Function': 'FunctionName',
      'AWS::SQS::Queue': 'QueueName',
      'AWS::IAM::Role': 'RoleName',
      'AWS::StepFunctions::StateMachine': 'StateMachineName',
      'AWS::Logs::LogGroup': 'LogGroupName',
      'AWS::SecretsManager::Secret': 'Name',
    };
    const named = dev.resources.filter(({ type, declaration }) => {
      const property = nameOf[type];
      return property !== undefined && at(declaration, 'Properties', property) !== null;
    });
    expect(named.map(({ id }) => id)).toEqual([]);
  });

  test('a stage is chosen, and the emulator belongs to stage local', () => {
    expect(() => synthesise({ stage: 'staging' })).toThrow('choose a stage');
    expect(() => synthesise({ stage: 'local' })).toThrow('-c emulator=');
    expect(() => synthesise({ stage: 'prod', emulator: 'http://127.0.0.1:4566' })).toThrow(
      '-c emulator=',
    );
  });
});

test('every resource type of the other stages is deployed to the emulator too', () => {
  const typesOf = (platform: typeof dev) => new Set(platform.resources.map(({ type }) => type));
  const tried = typesOf(local);
  const untried = [...typesOf(dev), ...typesOf(prod)].filter((type) => !tried.has(type));
  // docs/deploy.md says so; a type that appears here has to be listed there.
  expect(untried).toEqual([]);
});

/** The requests that reach DynamoDB: expressions, keys, consistency; and how its refusals come back. */
import {
  BatchGetItemCommand,
  ConditionalCheckFailedException,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactGetItemsCommand,
  TransactionCanceledException,
  TransactionConflictException,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { mockClient } from 'aws-sdk-client-mock';
import { dynamoDatabase } from '../../functions/kit/dynamo-database.ts';
import { type Write, WriteRefused } from '../../shared/core/database.ts';
import { AppError } from '../../shared/core/errors.ts';

const key = { pk: 'a', sk: 'b' };
const rawKey = { pk: { S: 'a' }, sk: { S: 'b' } };
const $metadata = {};

const setup = () => {
  const client = new DynamoDBClient({ region: 'eu-west-1' });
  const mock = mockClient(client);
  const metered: unknown[] = [];
  const tableName = (table: string) => `stage-${table}`;
  const database = dynamoDatabase(client, tableName);
  const measured = dynamoDatabase(client, tableName, (...entry) => metered.push(entry));
  return { mock, database, measured, metered };
};

describe('an update', () => {
  it('is one expression with every part by placeholder, under its condition', async () => {
    const { mock, database } = setup();
    mock.on(UpdateItemCommand).resolves({ Attributes: { ...rawKey, n: { N: '1' } } });
    const after = await database.write({
      kind: 'update',
      table: 'devices',
      key,
      set: { status: 'up', gone: undefined },
      add: { n: 1n },
      remove: ['hired_by'],
      condition: {
        exists: true,
        equals: { version: 3 },
        atLeast: { n: 0 },
        atMost: { n: 9 },
        missing: ['hired_by'],
        anyOf: [{ missing: ['lock'] }, { equals: { lock: 'me' }, atMost: { until: 7 } }],
      },
    });
    expect(after).toEqual({ ...key, n: 1n });
    expect(mock.commandCalls(UpdateItemCommand)[0]?.args[0].input).toEqual({
      TableName: 'stage-devices',
      Key: rawKey,
      ReturnValues: 'ALL_NEW',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      ConditionExpression:
        'attribute_exists(#n0) AND #n1 = :v0 AND #n2 >= :v1 AND #n2 <= :v2' +
        ' AND attribute_not_exists(#n3)' +
        ' AND ((attribute_not_exists(#n4)) OR (#n4 = :v3 AND #n5 <= :v4))',
      UpdateExpression: 'SET #n6 = :v5 ADD #n2 :v6 REMOVE #n3',
      ExpressionAttributeNames: {
        '#n0': 'pk',
        '#n1': 'version',
        '#n2': 'n',
        '#n3': 'hired_by',
        '#n4': 'lock',
        '#n5': 'until',
        '#n6': 'status',
      },
      ExpressionAttributeValues: {
        ':v0': { N: '3' },
        ':v1': { N: '0' },
        ':v2': { N: '9' },
        ':v3': { S: 'me' },
        ':v4': { N: '7' },
        ':v5': { S: 'up' },
        ':v6': { N: '1' },
      },
    });
  });

  it.each([
    ['changes nothing', { set: { a: undefined } }],
    ['changes its key', { set: { sk: 'c' } }],
    ['names an attribute twice', { add: { a: 1 }, remove: ['a'] }],
    ['has an empty branch', { set: { a: 1 }, condition: { anyOf: [{}] } }],
  ])('that %s is never sent', async (_, parts) => {
    const { mock, database } = setup();
    const write = { kind: 'update', table: 'devices', key, condition: {}, ...parts } as Write;
    await expect(database.write(write)).rejects.toThrow();
    expect(mock.calls()).toEqual([]);
  });
});

describe('a put', () => {
  it('carries the key last, so that no attribute can replace it', async () => {
    const { mock, database } = setup();
    mock.on(PutItemCommand).resolves({});
    const attributes = { pk: 'evil', amount: 10n ** 27n, gone: undefined };
    await database.write({ kind: 'put', table: 'ledger', key, attributes, condition: {} });
    expect(mock.commandCalls(PutItemCommand)[0]?.args[0].input).toEqual({
      TableName: 'stage-ledger',
      Item: { ...rawKey, amount: { N: `1${'0'.repeat(27)}` } },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
  });
});

describe('reads', () => {
  it('of the table are consistent, those of an index cannot be', async () => {
    const { mock, database } = setup();
    mock.on(GetItemCommand).resolves({}).on(QueryCommand).resolves({ Items: [] });
    await database.get('devices', key);
    await database.query('devices', { pk: 'a', limit: 10, skFrom: 'b', skTo: 'c' });
    await database.query('devices', { pk: 'o', limit: 1, index: 'by_owner', skPrefix: 'DEV#' });
    expect(mock.commandCalls(GetItemCommand)[0]?.args[0].input.ConsistentRead).toBe(true);
    const queries = mock.commandCalls(QueryCommand).map((call) => call.args[0].input);
    expect(queries[0]).toMatchObject({
      ConsistentRead: true,
      KeyConditionExpression: '#n0 = :v0 AND #n1 BETWEEN :v1 AND :v2',
      Limit: 11,
      ScanIndexForward: true,
    });
    expect(queries[1]).toMatchObject({
      IndexName: 'by_owner',
      KeyConditionExpression: '#n0 = :v0 AND begins_with(#n1, :v1)',
      ExpressionAttributeNames: { '#n0': 'owner', '#n1': 'owner_sk' },
    });
    expect(queries[1]?.ConsistentRead).toBeUndefined();
  });

  it('go on where DynamoDB stopped at its megabyte', async () => {
    const { mock, database } = setup();
    mock.on(QueryCommand).resolves({ Items: [rawKey], LastEvaluatedKey: rawKey });
    const page = await database.query('devices', { pk: 'a', limit: 10 });
    await database.query('devices', { pk: 'a', limit: 10, cursor: page.next });
    const second = mock.commandCalls(QueryCommand)[1]?.args[0].input;
    expect(second?.ExclusiveStartKey).toEqual(rawKey);
  });

  it('of many ask again for what was left out', async () => {
    const { mock, database } = setup();
    const other = { pk: { S: 'c' }, sk: { S: 'd' } };
    mock
      .on(BatchGetItemCommand)
      .resolvesOnce({
        Responses: { 'stage-devices': [rawKey] },
        UnprocessedKeys: { 'stage-devices': { Keys: [other] } },
      })
      .resolvesOnce({ Responses: { 'stage-devices': [other] } });
    const found = await database.getMany('devices', [key, { pk: 'c', sk: 'd' }]);
    expect(found.map(({ pk }) => pk)).toEqual(['a', 'c']);
  });

  it('of one instant are tried again when a writer stands in the way, four times at most', async () => {
    const { mock, database } = setup();
    const conflict = new TransactionCanceledException({
      $metadata,
      message: 'conflict',
      CancellationReasons: [{ Code: 'TransactionConflict' }],
    });
    mock
      .on(TransactGetItemsCommand)
      .rejectsOnce(conflict)
      .resolvesOnce({ Responses: [{ Item: rawKey }] })
      .rejects(conflict);
    expect(await database.getTogether('ledger', [key])).toEqual([key]);
    const error = await database.getTogether('ledger', [key]).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(AppError);
    expect(error).toMatchObject({ code: 'platform.unavailable' });
    expect(mock.commandCalls(TransactGetItemsCommand)).toHaveLength(6);
  });

  it('are metered in the units that DynamoDB names', async () => {
    const { mock, measured, metered } = setup();
    mock.on(GetItemCommand).resolves({ ConsumedCapacity: { CapacityUnits: 1.5 } });
    await measured.get('ledger', key);
    expect(metered).toEqual([['get', 'ledger', 1.5]]);
  });
});

describe('refusals', () => {
  const write: Write = {
    kind: 'put',
    table: 'ledger',
    key,
    attributes: {},
    condition: { exists: false },
  };

  it('of one write tell the item as it was', async () => {
    const { mock, database } = setup();
    mock.on(PutItemCommand).rejects(
      new ConditionalCheckFailedException({
        $metadata,
        message: 'no',
        Item: { ...rawKey, n: { N: '4' } },
      }),
    );
    const error = await database.write(write).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(WriteRefused);
    expect(error).toMatchObject({ reasons: ['condition'], items: [{ ...key, n: 4n }] });
  });

  it('of one write are never for contention: it is sent again, and in the end unavailable', async () => {
    const { mock, database } = setup();
    const busy = new TransactionConflictException({ $metadata, message: 'busy' });
    mock.on(PutItemCommand).rejectsOnce(busy).resolvesOnce({}).rejects(busy);
    await database.write(write);
    const error = await database.write(write).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'platform.unavailable' });
    expect(mock.commandCalls(PutItemCommand)).toHaveLength(6);
  });

  it('of a transaction come with a reason per write', async () => {
    const { mock, database } = setup();
    const codes = ['None', 'ConditionalCheckFailed', 'TransactionConflict', 'ThrottlingError'];
    mock.on(TransactWriteItemsCommand).rejects(
      new TransactionCanceledException({
        $metadata,
        message: 'cancelled',
        CancellationReasons: codes.map((Code) => ({ Code })),
      }),
    );
    const error = await database.transact([write], 'token').catch((thrown: unknown) => thrown);
    expect((error as WriteRefused).reasons).toEqual(['none', 'condition', 'conflict', 'throttled']);
  });

  it('that nobody foresaw are bugs, not refusals', async () => {
    const { mock, database } = setup();
    mock.on(TransactWriteItemsCommand).rejects(
      new TransactionCanceledException({
        $metadata,
        message: 'cancelled',
        CancellationReasons: [{ Code: 'ValidationError' }],
      }),
    );
    await expect(database.transact([write], 'token')).rejects.toThrow('ValidationError');
  });

  it('leave a check out of single writes', async () => {
    const { database } = setup();
    const check: Write = { kind: 'check', table: 'ledger', key, condition: { exists: true } };
    await expect(database.write(check)).rejects.toThrow('only in a transaction');
  });
});

describe('a transaction', () => {
  it('is sent once with its token, each write in its place', async () => {
    const { mock, database } = setup();
    mock.on(TransactWriteItemsCommand).resolves({});
    const base = { table: 'ledger', key, condition: { exists: true } } as const;
    await database.transact(
      [
        { ...base, kind: 'put', attributes: {} },
        { ...base, kind: 'update', add: { n: 1 } },
        { ...base, kind: 'delete' },
        { ...base, kind: 'check' },
      ],
      'the-token',
    );
    const input = mock.commandCalls(TransactWriteItemsCommand)[0]?.args[0].input;
    expect(input?.ClientRequestToken).toBe('the-token');
    expect(input?.TransactItems?.flatMap((item) => Object.keys(item))).toEqual([
      'Put',
      'Update',
      'Delete',
      'ConditionCheck',
    ]);
    for (const item of input?.TransactItems ?? []) {
      expect(Object.values(item)[0].ConditionExpression).toBe('attribute_exists(#n0)');
    }
  });
});

/**
 * The database port on DynamoDB. Translates conditions and writes into expressions, refusals into
 * WriteRefused, and reads numbers as bigint. Decides nothing.
 */

import { setTimeout as pause } from 'node:timers/promises';
import {
  BatchGetItemCommand,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  TransactGetItemsCommand,
  TransactionCanceledException,
  TransactionConflictException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { assert } from '../../shared/core/assert.ts';
import {
  assertKeys,
  type Database,
  type Item,
  type Key,
  type Page,
  type RefusalReason,
  type Write,
  WriteRefused,
} from '../../shared/core/database.ts';
import type { TableName } from '../../shared/core/tables.ts';
import { pastConflicts } from './conflict.ts';
import { cursorAfter, decodeCursor, encodeCursor, keyAttributesOf, startKeyOf } from './cursor.ts';
import { Expression } from './expression.ts';
import { decodeItem, encodeItem, type RawItem } from './item.ts';

/** Told what each call consumed, in capacity units; for benchmarks. */
export type CapacityMeter = (operation: string, table: TableName, units: number) => void;

const encodeKey = (key: Key): RawItem => encodeItem({ pk: key.pk, sk: key.sk });

/** The parts of one write as DynamoDB takes them, the same for single and transactional writes. */
const translate = (write: Write, tableName: string) => {
  const expression = new Expression();
  const condition = expression.condition(write.condition);
  const common = {
    TableName: tableName,
    ...(condition === undefined ? {} : { ConditionExpression: condition }),
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
  };
  if (write.kind === 'put') {
    const item = encodeItem({ ...write.attributes, pk: write.key.pk, sk: write.key.sk });
    return { ...common, ...expression.names(), Item: item };
  }
  const update = write.kind === 'update' ? { UpdateExpression: expression.update(write) } : {};
  return { ...common, ...update, ...expression.names(), Key: encodeKey(write.key) };
};

const reasonOf = (code: string | undefined): RefusalReason => {
  if (code === undefined || code === 'None') return 'none';
  if (code === 'ConditionalCheckFailed') return 'condition';
  if (code === 'TransactionConflict') return 'conflict';
  assert(
    code === 'ProvisionedThroughputExceeded' || code === 'ThrottlingError',
    `a transaction was cancelled: ${code}`,
  );
  return 'throttled';
};

/** For joint reads, which are refused as transactions are, and for single writes. */
const retrying = {
  isConflict: (error: unknown) =>
    error instanceof TransactionCanceledException || error instanceof TransactionConflictException,
  pause: (milliseconds: number) => pause(milliseconds),
};

/** A database on the tables that `tableName` names. */
export const dynamoDatabase = (
  client: DynamoDBClient,
  tableName: (table: TableName) => string,
  meter?: CapacityMeter,
): Database => {
  const measured = meter ? { ReturnConsumedCapacity: 'TOTAL' as const } : {};
  const record = (
    operation: string,
    table: TableName,
    capacity: { CapacityUnits?: number | undefined } | undefined,
  ) => meter?.(operation, table, capacity?.CapacityUnits ?? 0);

  const readPage = async (
    operation: string,
    table: TableName,
    send: () => Promise<{
      Items?: RawItem[] | undefined;
      LastEvaluatedKey?: RawItem | undefined;
      ConsumedCapacity?: { CapacityUnits?: number | undefined } | undefined;
    }>,
  ): Promise<Page> => {
    const answer = await send();
    record(operation, table, answer.ConsumedCapacity);
    return {
      items: (answer.Items ?? []).map(decodeItem),
      next: answer.LastEvaluatedKey && encodeCursor(decodeItem(answer.LastEvaluatedKey)),
    };
  };

  const writeOne = async (write: Write): Promise<Item | undefined> => {
    const parts = translate(write, tableName(write.table));
    if (write.kind === 'update') {
      const answer = await client.send(
        new UpdateItemCommand({
          ...(parts as ReturnType<typeof translate> & { Key: RawItem }),
          ReturnValues: 'ALL_NEW',
          ...measured,
        }),
      );
      record('write', write.table, answer.ConsumedCapacity);
      return answer.Attributes && decodeItem(answer.Attributes);
    }
    assert(write.kind !== 'check', 'a check stands only in a transaction');
    const answer =
      'Item' in parts
        ? await client.send(new PutItemCommand({ ...parts, ...measured }))
        : await client.send(new DeleteItemCommand({ ...parts, ...measured }));
    record('write', write.table, answer.ConsumedCapacity);
    return undefined;
  };

  return {
    async get(table, key) {
      const answer = await client.send(
        new GetItemCommand({
          TableName: tableName(table),
          Key: encodeKey(key),
          ConsistentRead: true,
          ...measured,
        }),
      );
      record('get', table, answer.ConsumedCapacity);
      return answer.Item && decodeItem(answer.Item);
    },

    async getMany(table, keys) {
      assertKeys(keys);
      const found: Item[] = [];
      let pending = keys.map(encodeKey);
      // DynamoDB answers up to 16 MB at a time; each round makes progress, so 100 rounds are enough.
      for (let round = 0; pending.length > 0; round += 1) {
        assert(round < 100, 'a batch read that does not end');
        const name = tableName(table);
        const answer = await client.send(
          new BatchGetItemCommand({
            RequestItems: { [name]: { Keys: pending, ConsistentRead: true } },
            ...measured,
          }),
        );
        for (const capacity of answer.ConsumedCapacity ?? []) record('get', table, capacity);
        found.push(...(answer.Responses?.[name] ?? []).map(decodeItem));
        pending = answer.UnprocessedKeys?.[name]?.Keys ?? [];
      }
      return found;
    },

    async getTogether(table, keys) {
      assert(keys.length >= 1, 'a joint read of nothing');
      assertKeys(keys);
      const command = new TransactGetItemsCommand({
        TransactItems: keys.map((key) => ({
          Get: { TableName: tableName(table), Key: encodeKey(key) },
        })),
        ...measured,
      });
      const answer = await pastConflicts(() => client.send(command), retrying);
      for (const capacity of answer.ConsumedCapacity ?? []) record('get', table, capacity);
      return (answer.Responses ?? []).map((response) => response.Item && decodeItem(response.Item));
    },

    async query(table, query) {
      const attributes = keyAttributesOf(table, query);
      const startKey = startKeyOf(query, attributes);
      const expression = new Expression();
      const keyCondition = expression.keyCondition(attributes, query);
      const page = await readPage('query', table, () =>
        client.send(
          new QueryCommand({
            TableName: tableName(table),
            ...(query.index === undefined ? { ConsistentRead: true } : { IndexName: query.index }),
            KeyConditionExpression: keyCondition,
            ...expression.names(),
            // One more than asked tells whether a page follows; DynamoDB itself would only guess.
            Limit: query.limit + 1,
            ScanIndexForward: query.descending !== true,
            ...(startKey ? { ExclusiveStartKey: encodeItem(startKey) } : {}),
            ...measured,
          }),
        ),
      );
      const items = page.items.slice(0, query.limit);
      const last = items.at(-1);
      if (!last || page.items.length === items.length) return page;
      return { items, next: cursorAfter(last, attributes) };
    },

    scan(table, segment) {
      return readPage('scan', table, () =>
        client.send(
          new ScanCommand({
            TableName: tableName(table),
            Segment: segment.index,
            TotalSegments: segment.count,
            ...(segment.cursor
              ? { ExclusiveStartKey: encodeItem(decodeCursor(segment.cursor)) }
              : {}),
            ...measured,
          }),
        ),
      );
    },

    async write(write) {
      try {
        return await pastConflicts(() => writeOne(write), retrying);
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        throw new WriteRefused(['condition'], [error.Item && decodeItem(error.Item)]);
      }
    },

    async transact(writes, token) {
      const items = writes.map((write): TransactWriteItem => {
        const parts = translate(write, tableName(write.table));
        if ('Item' in parts) return { Put: parts };
        if (write.kind === 'update') {
          return { Update: parts as typeof parts & { UpdateExpression: string } };
        }
        if (write.kind === 'delete') return { Delete: parts };
        return { ConditionCheck: parts as typeof parts & { ConditionExpression: string } };
      });
      try {
        const answer = await client.send(
          new TransactWriteItemsCommand({
            TransactItems: items,
            ClientRequestToken: token,
            ...measured,
          }),
        );
        for (const [index, capacity] of (answer.ConsumedCapacity ?? []).entries()) {
          record('write', writes[index]?.table ?? 'ledger', capacity);
        }
      } catch (error) {
        if (!(error instanceof TransactionCanceledException)) throw error;
        const reasons = error.CancellationReasons ?? [];
        throw new WriteRefused(
          reasons.map((reason) => reasonOf(reason.Code)),
          reasons.map((reason) => reason.Item && decodeItem(reason.Item)),
        );
      }
    },
  };
};

/**
 * A noun's table, as shared/core/tables.ts describes it, and the exact grants on it: a function gets the
 * actions that it performs on the table and on the indexes that it queries, and nothing with a wildcard.
 */
import { RemovalPolicy } from 'aws-cdk-lib';
import {
  type Attribute,
  AttributeType,
  BillingMode,
  ProjectionType,
  StreamViewType,
  Table,
  TableEncryption,
} from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { type TableName, tableShape, type tables } from '../../shared/core/tables.ts';
import { addAlarm, sumOf } from './alarm.ts';
import { output, type PlatformStack, pascalCase } from './platform-stack.ts';
import type { TableAccess } from './table-access.ts';

const text = (name: string): Attribute => ({ name, type: AttributeType.STRING });

/** A table. Its logical id is its noun's: it must not change, for that would replace the table. */
export class NounTable<Name extends TableName = TableName> extends Table {
  readonly noun: Name;

  constructor(stack: PlatformStack, noun: Name) {
    const shape = tableShape(noun);
    const { keepData } = stack.config;
    super(stack, pascalCase(noun), {
      partitionKey: text('pk'),
      sortKey: text('sk'),
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.AWS_MANAGED,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: keepData,
      removalPolicy: keepData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
      ...(shape.ttl ? { timeToLiveAttribute: 'expires_at_s' } : {}),
      ...(shape.stream ? { stream: StreamViewType.NEW_IMAGE } : {}),
    });
    this.noun = noun;
    for (const [indexName, index] of Object.entries(shape.indexes)) {
      this.addGlobalSecondaryIndex({
        indexName,
        partitionKey: text(index.pk),
        sortKey: text(index.sk),
        projectionType: ProjectionType[index.projection],
      });
    }
    for (const kind of ['Read', 'Write']) {
      addAlarm(this, `${kind}sThrottled`, {
        runbook: 'table-throttled',
        says: `${kind}s of the table of ${noun} are throttled.`,
        metric: sumOf('AWS/DynamoDB', `${kind}ThrottleEvents`, { TableName: this.tableName }),
        threshold: 10,
      });
    }
    output(this, `Table${pascalCase(noun)}`, this.tableName);
  }
}

type IndexName<Name extends TableName> = keyof (typeof tables)[Name]['indexes'] & string;

const reads = ['GetItem', 'BatchGetItem', 'Query'];
const writes = ['PutItem', 'UpdateItem', 'DeleteItem', 'ConditionCheckItem'];

const allow = (resource: string, actions: readonly string[]): PolicyStatement =>
  new PolicyStatement({
    actions: actions.map((action) => `dynamodb:${action}`),
    resources: [resource],
  });

const access = <Name extends TableName>(
  table: NounTable<Name>,
  actions: readonly string[],
  indexes: readonly IndexName<Name>[] = [],
): TableAccess => ({
  table,
  statements: [
    allow(table.tableArn, actions),
    ...indexes.map((index) => allow(`${table.tableArn}/index/${index}`, ['Query'])),
  ],
});

/** Reads items and partitions, and queries the named indexes. */
export const read = <Name extends TableName>(
  table: NounTable<Name>,
  ...indexes: IndexName<Name>[]
): TableAccess => access(table, reads, indexes);

/** Reads and writes items, alone or in transactions, and queries the named indexes. */
export const readWrite = <Name extends TableName>(
  table: NounTable<Name>,
  ...indexes: IndexName<Name>[]
): TableAccess => access(table, [...reads, ...writes], indexes);

/** Reads everything, whole table scans included, and writes items. */
export const scanWrite = (table: NounTable): TableAccess =>
  access(table, [...reads, 'Scan', ...writes]);

/** Reads items and partitions, and holds transactions to what an item is; changes none. */
export const readCheck = (table: NounTable): TableAccess =>
  access(table, [...reads, 'ConditionCheckItem']);

/** Reads single items. */
export const readItem = (table: NounTable): TableAccess => access(table, ['GetItem']);

/** Reads single items and updates them. */
export const readUpdate = (table: NounTable): TableAccess =>
  access(table, ['GetItem', 'UpdateItem']);

/** Reads single items, puts new ones, and updates what is there. */
export const readPutUpdate = (table: NounTable): TableAccess =>
  access(table, ['GetItem', 'PutItem', 'UpdateItem']);

/** Reads single items and puts new ones; changes and deletes none, if its puts are conditional. */
export const readPut = (table: NounTable): TableAccess => access(table, ['GetItem', 'PutItem']);

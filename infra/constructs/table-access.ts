/** What a function may do with a table, as a value: made by the table, spent by the function. */
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { TableName } from '../../shared/core/tables.ts';

export interface TableAccess {
  readonly table: { readonly noun: TableName; readonly tableName: string };
  readonly statements: readonly PolicyStatement[];
}

/** The stream of a table of the memory database, as Lambda delivers it through a consumer's filter. */
import type { DynamoDBRecord } from 'aws-lambda';
import { encodeItem } from '../../functions/kit/item.ts';
import type { StreamFilter } from '../../infra/constructs/stream-filter.ts';
import type { Item } from '../../shared/core/database.ts';
import type { TableName } from '../../shared/core/tables.ts';
import type { MemoryDatabase } from './memory-database.ts';

const addressOf = ({ pk, sk }: Item): string => `${pk} ${sk}`;
const textOf = (item: Item): string =>
  JSON.stringify(item, (_, value) => (typeof value === 'bigint' ? `${value}n` : value));

/** Answers what changed in the table since it was asked before, one record per item. */
export const tableStream = (database: MemoryDatabase, table: TableName) => {
  let known = new Map<string, Item>();
  return (): readonly DynamoDBRecord[] => {
    const now = new Map(database.all(table).map((item) => [addressOf(item), item]));
    const before = known;
    known = now;
    const touched = [...new Map([...before, ...now]).values()].flatMap((item) => {
      const [old, fresh] = [before.get(addressOf(item)), now.get(addressOf(item))];
      if (old && fresh && textOf(old) === textOf(fresh)) return [];
      return [{ item, kind: fresh ? (old ? 'MODIFY' : 'INSERT') : 'REMOVE' } as const];
    });
    return touched.map(
      ({ item, kind }) =>
        ({
          eventName: kind,
          dynamodb: {
            Keys: encodeItem({ pk: item.pk, sk: item.sk }),
            ...(kind === 'REMOVE' ? {} : { NewImage: encodeItem(item) }),
          },
        }) as DynamoDBRecord,
    );
  };
};

/** What of it reaches a consumer with this filter. */
export const passing = (filter: StreamFilter, records: readonly DynamoDBRecord[]) =>
  records.filter((record) => matches(record, filter));

/** Lambda's rule: each place that the pattern names holds one of its values. */
const matches = (value: unknown, pattern: unknown): boolean => {
  if (Array.isArray(pattern)) return pattern.includes(value);
  const members = (value ?? {}) as Readonly<Record<string, unknown>>;
  return Object.entries(pattern as object).every(([name, part]) => matches(members[name], part));
};

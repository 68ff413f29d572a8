/** Items between DynamoDB's form and ours: whole numbers come back as bigint, never as number. */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import type { Item, Value } from '../../shared/core/database.ts';

/** An item, a key, or a list of values by name, as DynamoDB takes and gives it. */
export type RawItem = Record<string, AttributeValue>;

/** Attributes as DynamoDB takes them; undefined ones are left out. */
export const encodeItem = (attributes: Readonly<Record<string, Value | undefined>>): RawItem =>
  marshall(attributes, { removeUndefinedValues: true });

/** An item as it was read. */
export const decodeItem = (raw: RawItem): Item =>
  unmarshall(raw, { wrapNumbers: (text) => BigInt(text) }) as Item;

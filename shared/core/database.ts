/**
 * What the platform asks of its database, as values: items, conditions, writes. Stores compose
 * writes out of these; the kit sends them to DynamoDB, the tests to an in-memory database that
 * honours the same conditions and passes the same suite. Numbers are integers, read as bigint.
 */
import { assert } from './assert.ts';
import { AppError } from './errors.ts';
import type { TableName } from './tables.ts';

/** What an attribute may hold. Numbers are whole; they come back as bigint. */
export type Value =
  | string
  | number
  | bigint
  | boolean
  | null
  | readonly Value[]
  | { readonly [name: string]: Value | undefined };

export interface Key {
  readonly pk: string;
  readonly sk: string;
}

/** An item as it was read: whole numbers are bigint, undefined attributes are absent. */
export type Item = Key & { readonly [name: string]: Value | undefined };

/** All parts must hold; an attribute that is absent fails every comparison but the one that says so. */
export interface Condition {
  /** Whether the item exists at all. */
  readonly exists?: boolean;
  readonly equals?: Readonly<Record<string, string | number | bigint | boolean>>;
  readonly atLeast?: Readonly<Record<string, number | bigint>>;
  readonly atMost?: Readonly<Record<string, number | bigint>>;
  /** Counters that begin at nothing: absent, or at most this. */
  readonly atMostOrAbsent?: Readonly<Record<string, number | bigint>>;
  /** Attributes that must be absent. */
  readonly missing?: readonly string[];
  /** At least one of these must hold as well. */
  readonly anyOf?: readonly Condition[];
}

interface WriteBase {
  readonly table: TableName;
  readonly key: Key;
  readonly condition: Condition;
}

/** Replaces the whole item. */
export interface Put extends WriteBase {
  readonly kind: 'put';
  readonly attributes: Readonly<Record<string, Value | undefined>>;
}

/** Changes some attributes of an item, which comes into being if the condition lets it. */
export interface Update extends WriteBase {
  readonly kind: 'update';
  readonly set?: Readonly<Record<string, Value | undefined>>;
  /** Added to a number, which counts as 0 when absent. */
  readonly add?: Readonly<Record<string, number | bigint>>;
  readonly remove?: readonly string[];
}

export interface Delete extends WriteBase {
  readonly kind: 'delete';
}

/** Writes nothing, only holds the transaction to a condition. */
export interface Check extends WriteBase {
  readonly kind: 'check';
}

export type Write = Put | Update | Delete | Check;

/** A page of one partition, or of one partition of an index. */
export interface Query {
  readonly index?: string;
  readonly pk: string;
  readonly skPrefix?: string;
  /** Inclusive bounds on the sort key; not together with skPrefix. */
  readonly skFrom?: string;
  readonly skTo?: string;
  readonly descending?: boolean;
  /** 1 to 1000. */
  readonly limit: number;
  /** `next` of the page before. */
  readonly cursor?: string | undefined;
}

export interface Page {
  readonly items: readonly Item[];
  /** Opaque; undefined on the last page. */
  readonly next: string | undefined;
}

export interface Database {
  /** Strongly consistent. */
  get(table: TableName, key: Key): Promise<Item | undefined>;
  /** Strongly consistent, at most 100 keys, none twice, in no particular order; absent items are left out. */
  getMany(table: TableName, keys: readonly Key[]): Promise<readonly Item[]>;
  /** Several items at one instant, at most 100, in the order of the keys. */
  getTogether(table: TableName, keys: readonly Key[]): Promise<readonly (Item | undefined)[]>;
  /**
   * Strongly consistent on the table, eventually on an index. `request.malformed` when the cursor is
   * not of this query.
   */
  query(table: TableName, query: Query): Promise<Page>;
  /** One segment of a whole table, page by page. Eventually consistent. */
  scan(
    table: TableName,
    segment: {
      readonly index: number;
      readonly count: number;
      readonly cursor?: string | undefined;
    },
  ): Promise<Page>;
  /**
   * One conditional write; answers the item after an update, else undefined. Throws WriteRefused when
   * the condition does not hold and for no other reason, and `platform.unavailable` when transactions
   * kept standing in its way.
   */
  write(write: Write): Promise<Item | undefined>;
  /**
   * All of them or none: 1 to 100, no item twice. Throws WriteRefused, with a reason per write.
   * `token` makes a retry of the same call within ten minutes a success.
   */
  transact(writes: readonly Write[], token: string): Promise<void>;
}

/** Why one write of a refused transaction did not happen. */
export type RefusalReason = 'none' | 'condition' | 'conflict' | 'throttled';

/** No write happened. Reasons and items stand in the order of the writes. */
export class WriteRefused extends Error {
  override readonly name = 'WriteRefused';
  readonly reasons: readonly RefusalReason[];
  /** The item as it was where a condition failed, if there was one. */
  readonly items: readonly (Item | undefined)[];

  constructor(reasons: readonly RefusalReason[], items: readonly (Item | undefined)[]) {
    super(`refused: ${reasons.join(', ')}`);
    this.reasons = reasons;
    this.items = items;
  }

  /** Whether the write at this place failed its condition. */
  failedAt(index: number): boolean {
    return this.reasons[index] === 'condition';
  }

  /** Whether only contention stood in the way, so that the same writes may be sent again. */
  get transient(): boolean {
    return !this.reasons.includes('condition');
  }
}

/** Holds a read of several items to the database's limits: at most 100 keys, none twice. */
export const assertKeys = (keys: readonly Key[]): void => {
  assert(keys.length <= 100, 'more than 100 keys in one read');
  const addresses = new Set(keys.map(({ pk, sk }) => `${pk} ${sk}`));
  assert(addresses.size === keys.length, 'a key stands twice in one read');
};

/** Refuses what no database takes: an update of nothing, of a key, or of one attribute twice. */
export const assertUpdate = (update: Update): void => {
  const paths = [
    ...Object.entries(update.set ?? {}).flatMap(([name, value]) =>
      value === undefined ? [] : [name],
    ),
    ...Object.keys(update.add ?? {}),
    ...(update.remove ?? []),
  ];
  assert(paths.length > 0, 'an update that changes nothing');
  assert(new Set(paths).size === paths.length, 'an attribute stands twice in one update');
  assert(!paths.includes('pk') && !paths.includes('sk'), 'an update of a key');
};

/** The refusal that a caller sees when contention does not end. */
export const contention = (cause: unknown): AppError =>
  new AppError('platform.unavailable', { cause, retryAfterSeconds: 1 });

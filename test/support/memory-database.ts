/**
 * The database port in memory, for tests. Honours conditions, indexes, order, pages and transaction
 * tokens as DynamoDB does (one suite runs against both) and, what no emulator does, injects conflicts
 * and ambiguous time-outs on demand.
 */

import { pastConflicts } from '../../functions/kit/conflict.ts';
import {
  cursorAfter,
  type KeyAttributes,
  keyAttributesOf,
  startKeyOf,
  withinBounds,
} from '../../functions/kit/cursor.ts';
import { assert } from '../../shared/core/assert.ts';
import {
  assertKeys,
  assertUpdate,
  type Condition,
  type Database,
  type Item,
  type Key,
  type Page,
  type RefusalReason,
  type Value,
  type Write,
  WriteRefused,
} from '../../shared/core/database.ts';
import { type TableName, tableShape } from '../../shared/core/tables.ts';

type Attributes = Record<string, Value | undefined>;

/** What goes wrong at one call, decided by the test. */
export type Fault =
  | 'none'
  /** Nothing is written; the caller sees contention. */
  | 'conflict'
  /** Nothing is written; the caller sees a time-out. */
  | 'lost_request'
  /** Everything is written; the caller sees a time-out. */
  | 'lost_answer';

/** As the SDK names it. */
export class TimeoutError extends Error {
  override readonly name = 'TimeoutError';
}

const storable = (value: Value | undefined): Value | undefined => {
  if (typeof value === 'number') {
    assert(Number.isSafeInteger(value), `a number that is no integer: ${value}`);
    return BigInt(value);
  }
  if (Array.isArray(value)) return value.map((element) => storable(element) as Value);
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value).filter(([, member]) => member !== undefined);
    return Object.fromEntries(entries.map(([name, member]) => [name, storable(member)]));
  }
  return value;
};

const same = (a: Value | undefined, b: Value): boolean => a !== undefined && a === storable(b);
const order = (a: Value | undefined, b: number | bigint): number | undefined =>
  typeof a === 'bigint' ? Number(a > BigInt(b)) - Number(a < BigInt(b)) : undefined;

const holds = (condition: Condition, item: Item | undefined): boolean => {
  const every = <T>(
    parts: Readonly<Record<string, T>> | undefined,
    test: (value: Value | undefined, part: T) => boolean,
  ) => Object.entries(parts ?? {}).every(([name, part]) => test(item?.[name], part));
  return (
    (condition.exists === undefined || condition.exists === (item !== undefined)) &&
    every(condition.equals, (value, part) => same(value, part)) &&
    every(condition.atLeast, (value, part) => (order(value, part) ?? -1) >= 0) &&
    every(condition.atMost, (value, part) => (order(value, part) ?? 1) <= 0) &&
    every(
      condition.atMostOrAbsent,
      (value, part) => value === undefined || (order(value, part) ?? 1) <= 0,
    ) &&
    (condition.missing ?? []).every((name) => item?.[name] === undefined) &&
    (condition.anyOf === undefined || condition.anyOf.some((branch) => holds(branch, item)))
  );
};

/** What DynamoDB refuses: an index's attribute that is no text. Leave it out instead. */
const assertIndexed = (table: TableName, item: Item | undefined): void => {
  for (const { pk, sk } of Object.values(tableShape(table).indexes)) {
    for (const name of [pk, sk]) {
      const value = item?.[name];
      const fits = value === undefined || (typeof value === 'string' && value !== '');
      assert(fits, `${table}: ${name} is in an index and holds ${value}`);
    }
  }
};

const compare = (a: string, b: string): number => Number(a > b) - Number(a < b);

/** The order of a query: by sort key, then (in an index) by the item's own key. */
const inOrder = (a: Item, b: Item, { sk }: KeyAttributes): number =>
  compare(String(a[sk]), String(b[sk])) || compare(a.pk, b.pk) || compare(a.sk, b.sk);

const applied = (write: Write, item: Item | undefined): Item | undefined => {
  if (write.kind === 'delete') return undefined;
  if (write.kind === 'check') return item;
  const { pk, sk } = write.key;
  if (write.kind === 'put') return { ...(storable(write.attributes) as Attributes), pk, sk };
  assertUpdate(write);
  const next: Attributes = { ...item };
  for (const [name, value] of Object.entries(write.set ?? {})) {
    if (value !== undefined) next[name] = storable(value);
  }
  for (const [name, value] of Object.entries(write.add ?? {})) {
    const before = next[name] ?? 0n;
    assert(typeof before === 'bigint', `adding to ${name}, which is no number`);
    next[name] = before + BigInt(value);
  }
  for (const name of write.remove ?? []) delete next[name];
  return { ...next, pk, sk };
};

/** Tells one transaction's content from another's. */
const contentOf = (writes: readonly Write[]): string =>
  JSON.stringify(writes, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));

export class MemoryDatabase implements Database {
  readonly #tables = new Map<TableName, Map<string, Item>>();
  /** Committed transactions by token: what they wrote. */
  readonly #tokens = new Map<string, string>();
  /** Decides what goes wrong at each write; nothing by default. */
  faultOf: (writes: readonly Write[]) => Fault = () => 'none';
  /** Called before every read, so that a test can write between two reads of a handler. */
  beforeRead: (table: TableName, key: Key) => Promise<void> = async () => {};
  /** Writes committed so far. */
  committed = 0;

  #address(key: Key): string {
    return `${key.pk} ${key.sk}`;
  }

  #table(table: TableName): Map<string, Item> {
    const items = this.#tables.get(table) ?? new Map<string, Item>();
    this.#tables.set(table, items);
    return items;
  }

  #find(table: TableName, key: Key): Item | undefined {
    return this.#table(table).get(this.#address(key));
  }

  /** Every item of a table, in no particular order. */
  all(table: TableName): readonly Item[] {
    return [...this.#table(table).values()];
  }

  /** Everything, to compare before and after. */
  snapshot(): ReadonlyMap<string, Item> {
    const items = [...this.#tables].flatMap(([table, own]) =>
      [...own].map(([at, item]) => [`${table} ${at}`, item] as const),
    );
    return new Map(items);
  }

  async get(table: TableName, key: Key): Promise<Item | undefined> {
    await this.beforeRead(table, key);
    return this.#find(table, key);
  }

  async getMany(table: TableName, keys: readonly Key[]): Promise<readonly Item[]> {
    assertKeys(keys);
    const found = await Promise.all(keys.map((key) => this.get(table, key)));
    return found.filter((item) => item !== undefined);
  }

  async getTogether(table: TableName, keys: readonly Key[]) {
    assert(keys.length >= 1, 'a joint read of nothing');
    assertKeys(keys);
    return keys.map((key) => this.#find(table, key));
  }

  async query(table: TableName, query: Parameters<Database['query']>[1]): Promise<Page> {
    const attributes = keyAttributesOf(table, query);
    const { pk, sk } = attributes;
    const direction = query.descending ? -1 : 1;
    const after = startKeyOf(query, attributes) as Item | undefined;
    const matches = this.all(table)
      .filter((item) => item[pk] === query.pk && item[sk] !== undefined)
      .filter((item) => withinBounds(query, String(item[sk])))
      .filter((item) => !after || inOrder(item, after, attributes) * direction > 0)
      .sort((a, b) => inOrder(a, b, attributes) * direction);
    const items = matches.slice(0, query.limit);
    const last = items.at(-1);
    const keysOnly =
      query.index !== undefined &&
      tableShape(table).indexes[query.index]?.projection === 'KEYS_ONLY';
    return {
      items: keysOnly
        ? items.map((item) => ({ pk: item.pk, sk: item.sk, [pk]: item[pk], [sk]: item[sk] }))
        : items,
      next: last && items.length < matches.length ? cursorAfter(last, attributes) : undefined,
    };
  }

  async scan(
    table: TableName,
    segment: { readonly index: number; readonly count: number },
  ): Promise<Page> {
    const mine = this.all(table).filter((_, at) => at % segment.count === segment.index);
    return { items: mine, next: undefined };
  }

  async write(write: Write): Promise<Item | undefined> {
    assert(write.kind !== 'check', 'a check stands only in a transaction');
    await pastConflicts(async () => this.#commit([write], undefined), {
      isConflict: (error) => error instanceof WriteRefused && error.transient,
      pause: async () => {},
    });
    return write.kind === 'update' ? this.#find(write.table, write.key) : undefined;
  }

  async transact(writes: readonly Write[], token: string): Promise<void> {
    assert(writes.length >= 1 && writes.length <= 100, `a transaction of ${writes.length}`);
    this.#commit(writes, token);
  }

  #commit(writes: readonly Write[], token: string | undefined): void {
    const content = token === undefined ? '' : contentOf(writes);
    const known = token === undefined ? undefined : this.#tokens.get(token);
    assert(known === undefined || known === content, 'a transaction token with other content');
    if (known !== undefined) return;
    const fault = this.faultOf(writes);
    if (fault === 'lost_request') throw new TimeoutError('the request was lost');
    if (fault === 'conflict') {
      throw new WriteRefused(
        writes.map((_, index) => (index === 0 ? 'conflict' : 'none')),
        writes.map(() => undefined),
      );
    }
    const before = writes.map((write) => this.#find(write.table, write.key));
    const reasons = writes.map(
      (write, index): RefusalReason =>
        holds(write.condition, before[index]) ? 'none' : 'condition',
    );
    if (reasons.includes('condition')) {
      const items = before.map((item, index) =>
        reasons[index] === 'condition' ? item : undefined,
      );
      throw new WriteRefused(reasons, items);
    }
    const after = writes.map((write, index) => applied(write, before[index]));
    for (const [index, write] of writes.entries()) {
      const next = after[index];
      assertIndexed(write.table, next);
      const items = this.#table(write.table);
      if (next) items.set(this.#address(write.key), next);
      else items.delete(this.#address(write.key));
    }
    this.committed += 1;
    if (token !== undefined) this.#tokens.set(token, content);
    if (fault === 'lost_answer') throw new TimeoutError('the answer was lost');
  }
}

/**
 * Builds DynamoDB expressions out of conditions and updates, collecting the names and values that
 * they mention. One instance serves one request.
 */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { assert } from '../../shared/core/assert.ts';
import {
  assertUpdate,
  type Condition,
  type Query,
  type Update,
  type Value,
} from '../../shared/core/database.ts';

export class Expression {
  readonly #names = new Map<string, string>();
  readonly #values: Record<string, Value> = {};

  #name(attribute: string): string {
    const known = this.#names.get(attribute);
    if (known) return known;
    const placeholder = `#n${this.#names.size}`;
    this.#names.set(attribute, placeholder);
    return placeholder;
  }

  #value(value: Value): string {
    const placeholder = `:v${Object.keys(this.#values).length}`;
    this.#values[placeholder] = value;
    return placeholder;
  }

  #compare(operator: string, parts: Readonly<Record<string, Value>> | undefined): string[] {
    return Object.entries(parts ?? {}).map(
      ([attribute, value]) => `${this.#name(attribute)} ${operator} ${this.#value(value)}`,
    );
  }

  /** The condition's text; undefined when it asks for nothing. */
  condition(condition: Condition): string | undefined {
    const parts = [
      ...(condition.exists === true ? [`attribute_exists(${this.#name('pk')})`] : []),
      ...(condition.exists === false ? [`attribute_not_exists(${this.#name('pk')})`] : []),
      ...this.#compare('=', condition.equals),
      ...this.#compare('>=', condition.atLeast),
      ...this.#compare('<=', condition.atMost),
      ...Object.entries(condition.atMostOrAbsent ?? {}).map(
        ([attribute, value]) =>
          `(attribute_not_exists(${this.#name(attribute)}) OR ` +
          `${this.#name(attribute)} <= ${this.#value(value)})`,
      ),
      ...(condition.missing ?? []).map(
        (attribute) => `attribute_not_exists(${this.#name(attribute)})`,
      ),
    ];
    if (condition.anyOf) {
      const branches = condition.anyOf.map((branch) => this.condition(branch));
      assert(
        branches.every((branch) => branch !== undefined),
        'an empty branch in anyOf',
      );
      parts.push(`(${branches.map((branch) => `(${branch})`).join(' OR ')})`);
    }
    return parts.length > 0 ? parts.join(' AND ') : undefined;
  }

  /** The update's text. */
  update(update: Update): string {
    assertUpdate(update);
    const defined = Object.entries(update.set ?? {}).filter(([, value]) => value !== undefined);
    const set = defined.map(
      ([attribute, value]) => `${this.#name(attribute)} = ${this.#value(value as Value)}`,
    );
    const add = Object.entries(update.add ?? {}).map(
      ([attribute, value]) => `${this.#name(attribute)} ${this.#value(value)}`,
    );
    const remove = (update.remove ?? []).map((attribute) => this.#name(attribute));
    const clauses = [
      ...(set.length > 0 ? [`SET ${set.join(', ')}`] : []),
      ...(add.length > 0 ? [`ADD ${add.join(', ')}`] : []),
      ...(remove.length > 0 ? [`REMOVE ${remove.join(', ')}`] : []),
    ];
    return clauses.join(' ');
  }

  /** The key condition of a query on a table or an index with these key attributes. */
  keyCondition(keys: { readonly pk: string; readonly sk: string }, query: Query): string {
    const parts = [`${this.#name(keys.pk)} = ${this.#value(query.pk)}`];
    const sort = () => this.#name(keys.sk);
    if (query.skPrefix !== undefined) {
      parts.push(`begins_with(${sort()}, ${this.#value(query.skPrefix)})`);
    } else if (query.skFrom !== undefined && query.skTo !== undefined) {
      parts.push(`${sort()} BETWEEN ${this.#value(query.skFrom)} AND ${this.#value(query.skTo)}`);
    } else if (query.skFrom !== undefined) {
      parts.push(`${sort()} >= ${this.#value(query.skFrom)}`);
    } else if (query.skTo !== undefined) {
      parts.push(`${sort()} <= ${this.#value(query.skTo)}`);
    }
    return parts.join(' AND ');
  }

  /** What the texts above mention; empty members are left out, as DynamoDB wants it. */
  names(): {
    ExpressionAttributeNames?: Record<string, string>;
    ExpressionAttributeValues?: Record<string, AttributeValue>;
  } {
    const names = Object.fromEntries([...this.#names].map(([name, holder]) => [holder, name]));
    const values = marshall(this.#values, { removeUndefinedValues: true });
    return {
      ...(this.#names.size > 0 ? { ExpressionAttributeNames: names } : {}),
      ...(Object.keys(values).length > 0 ? { ExpressionAttributeValues: values } : {}),
    };
  }
}

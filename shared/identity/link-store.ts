/** Ties and links in the identity table: an item per wallet or card, and one per customer and supplier. */
import * as z from 'zod';
import type { Database, Write } from '../core/database.ts';
import { wholeNumber } from '../core/field.ts';
import { linkKey, tiesKey } from './keys.ts';
import { type Belonging, noTies, type OneWay, type Ties } from './link.ts';

const storedTies = z.object({
  holders: z.array(z.string()),
  users: z.array(z.string()),
  v: wholeNumber,
});

/** Who has to do with the wallet or card. */
export const getTies = async (database: Database, belonging: Belonging): Promise<Ties> => {
  const item = await database.get('identity', tiesKey(belonging));
  if (!item) return noTies(belonging);
  const { v: version, ...row } = storedTies.parse(item);
  return { ...noTies(belonging), ...row, version };
};

/** The ties one version on; refused when somebody else changed them meanwhile. */
export const putTies = ({ kind, value, holders, users, version }: Ties): Write => ({
  kind: 'put',
  table: 'identity',
  key: tiesKey({ kind, value }),
  attributes: { holders, users, v: version },
  condition: version === 1 ? { exists: false } : { equals: { v: version - 1 } },
});

export interface Link extends OneWay {
  /** What they share, as it was first seen, and when. */
  readonly by: Belonging['kind'];
  readonly atMs: number;
}

/** Links a customer to a supplier; refused when it is linked. */
export const putLink = ({ customer, supplier, by, atMs }: Link): Write => ({
  kind: 'put',
  table: 'identity',
  key: linkKey(customer, supplier),
  attributes: { linked_organisation_id: supplier, by, at_ms: atMs },
  condition: { exists: false },
});

/** Whether this very link is stored. */
export const hasLink = async (
  database: Database,
  { customer, supplier }: OneWay,
): Promise<boolean> => (await database.get('identity', linkKey(customer, supplier))) !== undefined;

/** Those of the suppliers that count as one with the customer: a read for each. */
export const findLinked = async (
  database: Database,
  customer: string,
  suppliers: readonly string[],
): Promise<ReadonlySet<string>> => {
  const asked = [...new Set(suppliers)].filter((supplier) => supplier !== customer);
  const found = await Promise.all(
    asked.map((supplier) => hasLink(database, { customer, supplier })),
  );
  return new Set(asked.filter((_, index) => found[index]));
};

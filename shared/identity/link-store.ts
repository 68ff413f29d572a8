/** Ties and links in the identity table: an item per wallet or card, and one per organisation and other one. */
import * as z from 'zod';
import type { Database, Write } from '../core/database.ts';
import { wholeNumber } from '../core/field.ts';
import { linkKey, tiesKey } from './keys.ts';
import { type Belonging, noTies, type Ties } from './link.ts';

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

export interface Link {
  readonly organisation: string;
  readonly other: string;
  /** What they share, as it was first seen, and when. */
  readonly by: Belonging['kind'];
  readonly atMs: number;
}

/** Links two organisations, each to the other; refused when one of the links is there. */
export const putLink = ({ organisation, other, by, atMs }: Link): readonly Write[] =>
  [[organisation, other] as const, [other, organisation] as const].map(([one, linked]) => ({
    kind: 'put',
    table: 'identity',
    key: linkKey(one, linked),
    attributes: { linked_organisation_id: linked, by, at_ms: atMs },
    condition: { exists: false },
  }));

/** Whether this very link is stored. */
export const hasLink = async (
  database: Database,
  organisation: string,
  other: string,
): Promise<boolean> => (await database.get('identity', linkKey(organisation, other))) !== undefined;

/** Those of the others that are linked to the organisation: a read for each. */
export const findLinked = async (
  database: Database,
  organisation: string,
  others: readonly string[],
): Promise<ReadonlySet<string>> => {
  const asked = [...new Set(others)].filter((other) => other !== organisation);
  const found = await Promise.all(asked.map((other) => hasLink(database, organisation, other)));
  return new Set(asked.filter((_, index) => found[index]));
};

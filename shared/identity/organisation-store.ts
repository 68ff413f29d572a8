/** Organisations in the identity table. */
import * as z from 'zod';
import type { Database, Item, Write } from '../core/database.ts';
import { AppError } from '../core/errors.ts';
import { storedId, wholeNumber } from '../core/field.ts';
import type { Id } from '../core/ids.ts';
import { organisationKey } from './keys.ts';
import type { Organisation } from './organisation.ts';

/** Partition of the index that lists all organisations, for the operator. */
const everyOrganisation = 'ORGANISATIONS';

const stored = z.object({
  id: storedId<Id<'org'>>(),
  name: z.string(),
  created_at_ms: wholeNumber,
});

const parse = (item: Item): Organisation => {
  const row = stored.parse(item);
  return { id: row.id, name: row.name, createdAtMs: row.created_at_ms };
};

/** Creates the organisation unless it exists. */
export const putOrganisation = (organisation: Organisation): Write => ({
  kind: 'put',
  table: 'identity',
  key: organisationKey(organisation.id),
  attributes: {
    id: organisation.id,
    name: organisation.name,
    created_at_ms: organisation.createdAtMs,
    owner: everyOrganisation,
    owner_sk: organisation.id,
  },
  condition: { exists: false },
});

/** The organisation, or `identity.not_found`. */
export const requireOrganisation = async (
  database: Database,
  organisationId: string,
): Promise<Organisation> => {
  const item = await database.get('identity', organisationKey(organisationId));
  if (!item) throw new AppError('identity.not_found');
  return parse(item);
};

/** All organisations, newest first. */
export const listOrganisations = async (
  database: Database,
  page: { readonly limit: number; readonly cursor?: string | undefined },
) => {
  const found = await database.query('identity', {
    index: 'by_owner',
    pk: everyOrganisation,
    descending: true,
    ...page,
  });
  return { organisations: found.items.map(parse), next: found.next };
};

/**
 * Cohorts in the proofs table, under the names of their owners. Only what differs from an owner on its own
 * is stored: a cohort of more than one part, or a merged one.
 */
import * as z from 'zod';
import type { Database, Item, Write } from '../core/database.ts';
import { storedId, wholeNumber } from '../core/field.ts';
import type { Id } from '../core/ids.ts';
import { assertCohort, type Cohort, ownCohort } from './cohort.ts';
import { cohortKey } from './keys.ts';

const stored = z.object({
  id: storedId<Id<'org'>>(),
  organisation_ids: z.array(storedId<Id<'org'>>()),
  merged_into: storedId<Id<'org'>>().optional(),
  parts: wholeNumber,
  version: wholeNumber,
});

const parse = (item: Item): Cohort => {
  const row = stored.parse(item);
  return assertCohort({
    id: row.id,
    organisationIds: row.organisation_ids,
    mergedInto: row.merged_into ?? null,
    parts: row.parts,
    version: row.version,
  });
};

/** Writes a changed cohort, at the version before it. */
export const putCohort = (cohort: Cohort): Write => ({
  kind: 'put',
  table: 'proofs',
  key: cohortKey(cohort.id),
  attributes: {
    id: cohort.id,
    organisation_ids: cohort.organisationIds,
    merged_into: cohort.mergedInto ?? undefined,
    parts: cohort.parts,
    version: cohort.version,
  },
  condition: cohort.version === 1 ? { exists: false } : { equals: { version: cohort.version - 1 } },
});

/** The cohorts of these owners' names, in their order; an owner on its own where none is stored. */
export const getCohorts = async (
  database: Database,
  organisationIds: readonly Id<'org'>[],
): Promise<readonly Cohort[]> => {
  const found = new Map<string, Cohort>();
  for (let start = 0; start < organisationIds.length; start += 100) {
    const keys = organisationIds.slice(start, start + 100).map(cohortKey);
    for (const item of await database.getMany('proofs', keys)) {
      const cohort = parse(item);
      found.set(cohort.id, cohort);
    }
  }
  return organisationIds.map((id) => found.get(id) ?? ownCohort(id));
};

/** The cohort that this owner's devices belong to, wherever suspicion has put them. */
export const getCohortOf = async (
  database: Database,
  organisationId: Id<'org'>,
): Promise<Cohort> => {
  const [own = ownCohort(organisationId)] = await getCohorts(database, [organisationId]);
  if (own.mergedInto === null) return own;
  const [merged = own] = await getCohorts(database, [own.mergedInto]);
  return merged;
};

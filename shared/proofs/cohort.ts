/**
 * Cohorts: an owner's devices, or those of several owners that suspicion merged. A cohort is named after
 * the least of its owners' ids, for ever merged: nothing here takes a cohort apart. Pure.
 */
import { assert } from '../core/assert.ts';
import type { Id } from '../core/ids.ts';
import { changedPlace, type Place } from './place.ts';
import { partsOf } from './protocol/slot.ts';

export interface Cohort {
  /** The owner whose name it has. */
  readonly id: Id<'org'>;
  /** Whose devices belong to it; only its own owner's unless merged. Empty when merged into another. */
  readonly organisationIds: readonly Id<'org'>[];
  /** Where its devices went; null: they are here. */
  readonly mergedInto: Id<'org'> | null;
  /** Into how many parts its calls are split. */
  readonly parts: number;
  /** Grows by one with each change; 0: never stored, an owner on its own in one part. */
  readonly version: number;
}

/** The cohort of an owner of whom nothing is stored. */
export const ownCohort = (organisationId: Id<'org'>): Cohort => ({
  id: organisationId,
  organisationIds: [organisationId],
  mergedInto: null,
  parts: 1,
  version: 0,
});

/** Holds for every cohort, before it is written and after it was read; a breach is a bug. */
export const assertCohort = (cohort: Cohort): Cohort => {
  const { id, organisationIds, mergedInto } = cohort;
  assert((mergedInto === null) === organisationIds.length > 0, `${id}: merged and its own`);
  assert(cohort.parts >= 1, `${id}: ${cohort.parts} parts`);
  return cohort;
};

/** Where the devices of this owner belong; `own` is the cohort of its own name. */
export const cohortIdOf = (own: Cohort): Id<'org'> => own.mergedInto ?? own.id;

/** The location group that the suspects of a cohort share. */
export const suspectGroupOf = (cohortId: string): string => `sus:${cohortId}`;

/** The cohort split for so many processors; the same object when nothing changes. */
export const withProcessors = (cohort: Cohort, processors: number): Cohort => {
  const parts = partsOf(processors);
  return parts === cohort.parts ? cohort : { ...cohort, parts, version: cohort.version + 1 };
};

/**
 * These cohorts merged into the one with the least name: every cohort that changes. `cohorts` holds, for
 * each owner in any of them, the cohort of the owner's name. Empty when they are one already.
 */
export const mergedCohorts = (cohorts: readonly Cohort[]): readonly Cohort[] => {
  const owners = [...new Set(cohorts.flatMap(({ organisationIds }) => organisationIds))].sort();
  const [least] = owners;
  assert(least !== undefined, 'a merger of nothing');
  return cohorts.flatMap((cohort) => {
    const parts = Math.max(...cohorts.map((one) => one.parts));
    const changes =
      cohort.id === least
        ? { organisationIds: owners, mergedInto: null, parts }
        : { organisationIds: [], mergedInto: least, parts: 1 };
    const same =
      cohort.mergedInto === changes.mergedInto &&
      cohort.organisationIds.join() === changes.organisationIds.join();
    return same ? [] : [assertCohort({ ...cohort, ...changes, version: cohort.version + 1 })];
  });
};

/** What a merger makes of the place of one device of the merged cohort, from the next full hour on. */
export const mergedPlace = (
  place: Place,
  cohort: Pick<Cohort, 'id' | 'parts'>,
  isSuspect: boolean,
  nowMs: number,
): Place => {
  const groupPinned = place.groupPinned || isSuspect;
  const group = groupPinned ? { group: suspectGroupOf(cohort.id) } : {};
  const moved = changedPlace(place, { cohort: cohort.id, parts: cohort.parts, ...group }, nowMs);
  if (groupPinned === place.groupPinned) return moved;
  return { ...moved, groupPinned, version: place.version + 1 };
};

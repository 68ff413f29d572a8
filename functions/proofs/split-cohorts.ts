/**
 * Counts the processors of each cohort as a run goes through all devices, and splits those anew whose
 * number of parts has changed. What a place says is what calls its device, so places are compared; the
 * cohort's own item tells new devices.
 */
import type { Id } from '../../shared/core/ids.ts';
import { withProcessors } from '../../shared/proofs/cohort.ts';
import { getCohorts, putCohort } from '../../shared/proofs/cohort-store.ts';
import { changedPlace, latestValue } from '../../shared/proofs/place.ts';
import { partsOf } from '../../shared/proofs/protocol/slot.ts';
import { retryRefused } from '../kit/retry.ts';
import type { Runtime } from '../kit/runtime.ts';
import { movePlaces } from './move-places.ts';
import type { PlacedDevice } from './placed-devices.ts';

interface Count {
  readonly cohort: string;
  readonly processors: number;
  /** Every number of parts that a place of the cohort says. */
  readonly parts: ReadonlySet<number>;
}

export type CohortCounts = Map<string, Count>;

/** Adds the processors of the device that are called in slots, now or from some hour on. */
export const countCohort = (counts: CohortCounts, { place, processors }: PlacedDevice): void => {
  const { cohort, parts } = latestValue(place.value);
  const known = counts.get(cohort);
  const called = processors.filter(({ record }) => record.countsFromMs !== null).length;
  counts.set(cohort, {
    cohort,
    processors: (known?.processors ?? 0) + called,
    parts: new Set([...(known?.parts ?? []), parts]),
  });
};

/** The cohorts that have to be split anew. */
export const cohortsToSplit = (counts: CohortCounts): readonly Count[] =>
  [...counts.values()].filter(
    ({ processors, parts }) => parts.size > 1 || !parts.has(partsOf(processors)),
  );

/** Splits the cohort for as many processors as were counted, from the next full hour on. */
export const splitCohort = async (
  needs: Pick<Runtime, 'clock' | 'database' | 'pause' | 'randomness'>,
  { cohort: id, processors }: Count,
): Promise<void> => {
  const cohort = await retryRefused(needs, async () => {
    const [before] = await getCohorts(needs.database, [id as Id<'org'>]);
    if (before?.mergedInto !== null) return undefined;
    const after = withProcessors(before, processors);
    if (after !== before) await needs.database.write(putCohort(after));
    return after;
  });
  if (!cohort) return;
  const nowMs = needs.clock.nowMs();
  await movePlaces(needs, cohort.organisationIds, (place) =>
    latestValue(place.value).cohort === id
      ? changedPlace(place, { parts: cohort.parts }, nowMs)
      : place,
  );
};

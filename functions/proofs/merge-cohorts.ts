/**
 * Makes one cohort of all owners of some suspected devices, and one location group of the suspects, from
 * the next full hour on. The suspects' own places are moved last: once they say it, everything is done,
 * and a merger that stopped half-way is gone through again.
 */
import type { Id } from '../../shared/core/ids.ts';
import { mergedCohorts, mergedPlace, suspectGroupOf } from '../../shared/proofs/cohort.ts';
import { getCohortOf, getCohorts, putCohort } from '../../shared/proofs/cohort-store.ts';
import { latestValue, type Place } from '../../shared/proofs/place.ts';
import { getPlaces } from '../../shared/proofs/place-store.ts';
import { retryRefused } from '../kit/retry.ts';
import type { Runtime } from '../kit/runtime.ts';
import { commit, writesMax } from '../kit/transaction.ts';
import { movePlace, movePlaces } from './move-places.ts';

type MergeNeeds = Pick<Runtime, 'clock' | 'database' | 'log' | 'pause' | 'randomness'>;

/** Merges the owners of these devices; answers whether there was anything to do. */
export const mergeCohorts = async (
  needs: MergeNeeds,
  deviceIds: readonly string[],
): Promise<boolean> => {
  const suspects = await getPlaces(needs.database, deviceIds);
  if (suspects.length === 0 || isMerged(suspects)) return false;
  const owners = await ownersOf(needs, suspects);
  await retryRefused(needs, async () => {
    const changed = mergedCohorts(await getCohorts(needs.database, owners));
    for (let start = 0; start < changed.length; start += writesMax) {
      await commit(needs, changed.slice(start, start + writesMax).map(putCohort));
    }
  });
  const [first] = owners;
  if (first === undefined) return false;
  const cohort = await getCohortOf(needs.database, first);
  const nowMs = needs.clock.nowMs();
  const isSuspect = new Set<string>(deviceIds);
  await movePlaces(needs, owners, (place) =>
    isSuspect.has(place.deviceId) ? place : mergedPlace(place, cohort, false, nowMs),
  );
  for (const place of suspects) {
    await movePlace(needs, place, (known) => mergedPlace(known, cohort, true, nowMs));
  }
  needs.log.warn('proofs.suspects_merged', { cohort: cohort.id, device_ids: deviceIds, owners });
  return true;
};

const isMerged = (places: readonly Place[]): boolean => {
  const cohorts = new Set(places.map(({ value }) => latestValue(value).cohort));
  const [cohort = ''] = cohorts;
  return (
    cohorts.size === 1 &&
    places.every(
      ({ groupPinned, value }) =>
        groupPinned && latestValue(value).group === suspectGroupOf(cohort),
    )
  );
};

/** Every owner of the cohorts that these places name, sorted. */
const ownersOf = async (
  { database }: MergeNeeds,
  places: readonly Place[],
): Promise<readonly Id<'org'>[]> => {
  const names = [...new Set(places.map(({ value }) => latestValue(value).cohort as Id<'org'>))];
  const cohorts = await Promise.all(names.map((name) => getCohortOf(database, name)));
  return [...new Set(cohorts.flatMap(({ organisationIds }) => organisationIds))].sort();
};

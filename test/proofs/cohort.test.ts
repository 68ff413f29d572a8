/** Cohorts: owners that suspicion merges stay merged, under one name, and are called together. */
import { hourMs } from '../../shared/core/time.ts';
import {
  type Cohort,
  cohortIdOf,
  mergedCohorts,
  mergedPlace,
  ownCohort,
  withProcessors,
} from '../../shared/proofs/cohort.ts';
import { firstPlace, latestValue, valueAt } from '../../shared/proofs/place.ts';
import { testId } from '../devices/builders.ts';
import { startMs } from '../support/runtime.ts';

const own = (number: number): Cohort => ownCohort(testId('org', number));
const byId = (cohorts: readonly Cohort[]) => new Map(cohorts.map((one) => [one.id, one]));

describe('cohorts', () => {
  it('merge into the one with the least name', () => {
    const merged = byId(mergedCohorts([own(3), own(1), own(2)]));
    expect(merged.get(testId('org', 1))).toMatchObject({
      organisationIds: [1, 2, 3].map((number) => testId('org', number)),
      mergedInto: null,
      version: 1,
    });
    for (const number of [2, 3]) {
      const cohort = merged.get(testId('org', number)) as Cohort;
      expect(cohort).toMatchObject({ organisationIds: [], version: 1 });
      expect(cohortIdOf(cohort)).toBe(testId('org', 1));
    }
  });

  it('merge again, over all owners of both, without a chain of names', () => {
    const first = mergedCohorts([own(2), own(3)]);
    const second = mergedCohorts([own(1), ...first]);
    expect(second.map(cohortIdOf)).toEqual([1, 1, 1].map((number) => testId('org', number)));
    expect(byId(second).get(testId('org', 1))?.organisationIds).toHaveLength(3);
  });

  it('are left alone when they are one already', () => {
    const once = mergedCohorts([own(1), own(2)]);
    expect(mergedCohorts(once)).toEqual([]);
    expect(mergedCohorts([own(1)])).toEqual([]);
  });

  it('split into parts of 256 processors', () => {
    expect(withProcessors(own(1), 256)).toEqual(own(1));
    expect(withProcessors(own(1), 257)).toMatchObject({ parts: 2, version: 1 });
  });
});

describe('the place of a device in a merged cohort', () => {
  const place = firstPlace(testId('dev', 1), {
    cohort: testId('org', 2),
    group: 'net:10.0.0.0/24',
    parts: 1,
  });
  const cohort = { id: testId('org', 1), parts: 2 };

  it('changes at the next full hour', () => {
    const moved = mergedPlace(place, cohort, false, startMs + 1);
    expect(valueAt(moved.value, startMs + 1).cohort).toBe(testId('org', 2));
    expect(valueAt(moved.value, startMs + hourMs)).toEqual({
      cohort: testId('org', 1),
      group: 'net:10.0.0.0/24',
      parts: 2,
    });
  });

  it('has the group of the suspects when it is one of them, and keeps it in a later merger', () => {
    const suspect = mergedPlace(place, cohort, true, startMs + 1);
    expect(suspect).toMatchObject({ groupPinned: true, version: 2 });
    expect(latestValue(suspect.value).group).toBe(`sus:${cohort.id}`);
    const again = mergedPlace(suspect, { id: testId('org', 0), parts: 1 }, false, startMs + hourMs);
    expect(latestValue(again.value).group).toBe(`sus:${testId('org', 0)}`);
  });

  it('is the same object when nothing changes', () => {
    const suspect = mergedPlace(place, cohort, true, startMs + 1);
    expect(mergedPlace(suspect, cohort, true, startMs + 2)).toBe(suspect);
  });
});

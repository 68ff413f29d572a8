/**
 * Finds the members for whom a batch fails, by halves: a group that passes is cleared whole, one that fails is
 * split, one that fails alone is bad. With one bad member of n it takes about 2 log2 n trials. Pure: who
 * asks the chain tries the group that is named next and says how it went.
 */
import { assert, present } from '../../core/assert.ts';

export interface Search<Item> {
  /** Groups that have yet to be tried, the next one first. */
  readonly suspects: readonly (readonly Item[])[];
  readonly bad: readonly Item[];
  readonly cleared: readonly Item[];
}

/** A search among members who failed together. */
export const searchAmong = <Item>(members: readonly Item[]): Search<Item> => ({
  suspects: halves(members),
  bad: [],
  cleared: [],
});

/** The group to try next; undefined when all is known. */
export const nextGroup = <Item>(search: Search<Item>): readonly Item[] | undefined =>
  search.suspects[0];

/** The search after the next group was tried. */
export const afterTrial = <Item>(search: Search<Item>, passes: boolean): Search<Item> => {
  const group = present(search.suspects[0], 'there is nobody left to try');
  const rest = search.suspects.slice(1);
  if (passes) return { ...search, suspects: rest, cleared: [...search.cleared, ...group] };
  if (group.length === 1) return { ...search, suspects: rest, bad: [...search.bad, ...group] };
  return { ...search, suspects: [...halves(group), ...rest] };
};

const halves = <Item>(members: readonly Item[]): readonly (readonly Item[])[] => {
  assert(members.length > 0, 'a search among nobody');
  if (members.length === 1) return [members];
  const middle = Math.ceil(members.length / 2);
  return [members.slice(0, middle), members.slice(middle)];
};

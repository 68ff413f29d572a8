/**
 * How far back an account's history is read. Nodes leave gaps, put neighbours in the wrong order and answer
 * old data, so a run reads again what it read before, until it comes to what is both older than an overlap
 * and stored. The cursor moves when all of a run is stored, never before. Pure.
 */
import type { SignatureNote } from '../../core/chain.ts';

/** What a provider's answer may be wrong about: some minutes of blocks. */
export const overlapSlots = 150n;

export interface PagePlan {
  /** What is to be stored. */
  readonly fresh: readonly SignatureNote[];
  /** Where the next page begins; undefined: this was the last one. */
  readonly before: string | undefined;
}

/**
 * `stored` are those of the page that we have; `downTo` is the slot that was reached before, undefined: read
 * all there is. A short page is no end: only an empty one is.
 */
export const planPage = (
  page: readonly SignatureNote[],
  stored: ReadonlySet<string>,
  downTo: bigint | undefined,
): PagePlan => {
  // A failed transaction changed nothing. It is not stored, so it says nothing of what is.
  const landed = page.filter(({ failed }) => !failed);
  const fresh = landed.filter(({ signature }) => !stored.has(signature));
  const reached = landed.some(
    ({ slot, signature }) =>
      downTo !== undefined && slot <= downTo - overlapSlots && stored.has(signature),
  );
  return { fresh: unique(fresh), before: reached ? undefined : page.at(-1)?.signature };
};

/** Nodes have told of one transaction twice. */
const unique = (notes: readonly SignatureNote[]): readonly SignatureNote[] => [
  ...new Map(notes.map((note) => [note.signature, note])).values(),
];

/** Whether a page brings nothing to store, and all of it lies behind what a nightly run looks at. */
export const isBehind = (page: readonly SignatureNote[], downTo: bigint): boolean =>
  page.every(({ slot }) => slot < downTo);

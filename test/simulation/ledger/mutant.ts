/** What a mutant is: edits of the ledger's source that make it wrong in one way. */

/** Replaces `find`, which must occur exactly once in the file, by `replace`. */
export interface Edit {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** A wrong ledger. */
export interface Mutant {
  readonly name: string;
  readonly edits: readonly Edit[];
}

/** One edit of a file. */
export const edit = (file: string, find: string, replace: string): Edit => ({
  file,
  find,
  replace,
});

/** A mutant of one edit under shared/ledger. */
export const rules = (name: string, file: string, find: string, replace: string): Mutant => ({
  name,
  edits: [edit(`shared/ledger/${file}`, find, replace)],
});

/** The documents of a statement: what is published of it, and the proof of a device's rows. */
import { toHex } from '../proofs/protocol/bytes.ts';
import type { PublishedStatement, RewardProof } from './schemas.ts';
import { type Statement, type StatementRow, treeOf } from './statement.ts';

/** The head of a statement and its root. */
export const publishedOf = (statement: Statement): PublishedStatement => ({
  head: statement.head as PublishedStatement['head'],
  root: toHex(treeOf(statement).root()),
});

/** The proof of the rows of a device; undefined for one that has none. */
export const rewardProofOf = (statement: Statement, publicId: string): RewardProof | undefined => {
  const tree = treeOf(statement);
  const pathOf = (place: number) => tree.pathOf(place).map(toHex);
  const entries = statement.rows.flatMap((row: StatementRow, index) =>
    row.public_id === publicId ? [{ row, place: index + 1, path: pathOf(index + 1) }] : [],
  );
  if (entries.length === 0) return undefined;
  return {
    statement: { head: statement.head as PublishedStatement['head'], root: toHex(tree.root()) },
    head_path: pathOf(0),
    entries: entries as RewardProof['entries'],
  };
};

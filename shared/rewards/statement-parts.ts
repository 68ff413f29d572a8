/**
 * The parts that a statement is kept in, so that a million rows need not be read for one. A part holds the rows
 * of 8,192 leaves (the first one a row less, for the head is a leaf), so its leaves are a whole tree under the
 * root, and a device's proof follows from its own part and the roots of all parts. Behind one another the parts
 * are the CSV. Pure.
 */
import { assert, present } from '../core/assert.ts';
import { bytesOfHex, toHex } from '../proofs/protocol/bytes.ts';
import { MerkleTree } from './merkle.ts';
import { orderKeyOf } from './order.ts';
import type { PublishedStatement, RewardProof } from './schemas.ts';
import {
  csvLineOf,
  csvTitle,
  headLeafOf,
  rowLeafOf,
  type StatementHead,
  type StatementRow,
} from './statement.ts';

/** A power of two. */
const partLeaves = 8_192;

/** What the manifest tells of a part. */
export interface StatementPart {
  /** Its SHA-256 (hex), which is its name. */
  readonly hash: string;
  readonly rows: number;
  /** Order key of the first row's device; empty without rows. */
  readonly first_key: string;
  /** Root of the tree of its leaves, hex. */
  readonly root: string;
}

/** The rows of each part: from, and before. At least one part. */
export const partBounds = (
  rows: number,
): readonly { readonly from: number; readonly to: number }[] =>
  Array.from({ length: Math.ceil((rows + 1) / partLeaves) }, (_, index) => ({
    from: Math.max(0, index * partLeaves - 1),
    to: Math.min(rows, (index + 1) * partLeaves - 1),
  }));

/** The text of the part with this index. */
export const partTextOf = (index: number, rows: readonly StatementRow[]): string =>
  [...(index === 0 ? [csvTitle] : []), ...rows.map(csvLineOf)].map((line) => `${line}\n`).join('');

const treeOfPart = (
  head: StatementHead,
  index: number,
  rows: readonly StatementRow[],
): MerkleTree => {
  const tree = new MerkleTree(partLeaves);
  if (index === 0) tree.add(headLeafOf(head));
  for (const row of rows) tree.add(rowLeafOf(row));
  return tree;
};

/** Root of the leaves of a part, hex. */
export const partRootOf = (
  head: StatementHead,
  index: number,
  rows: readonly StatementRow[],
): string => toHex(treeOfPart(head, index, rows).root());

const treeOfParts = (parts: readonly Pick<StatementPart, 'root'>[]): MerkleTree => {
  const tree = new MerkleTree(parts.length);
  for (const { root } of parts) tree.addHash(bytesOfHex(root));
  return tree;
};

/** The statement's root from those of its parts, hex. */
export const rootOfParts = (parts: readonly Pick<StatementPart, 'root'>[]): string =>
  toHex(treeOfParts(parts).root());

/** Indexes of the parts in which rows of the device can stand: one, or two that are neighbours. */
export const partsOfDevice = (
  epochId: string,
  parts: readonly Pick<StatementPart, 'first_key' | 'rows'>[],
  publicId: string,
): readonly number[] => {
  const key = orderKeyOf(epochId, publicId);
  const filled = parts.flatMap((part, index) => (part.rows > 0 ? [{ ...part, index }] : []));
  const before = filled.findLast(({ first_key }) => first_key < key);
  const own = filled.filter(({ first_key }) => first_key === key);
  return [...(before ? [before] : []), ...own].map(({ index }) => index);
};

/**
 * The proof of a device's rows from the parts that were read: the first one and those of `partsOfDevice`.
 * Undefined for a device without a row in them.
 */
export const proofFromParts = (
  { head, root }: PublishedStatement,
  parts: readonly Pick<StatementPart, 'root'>[],
  read: ReadonlyMap<number, readonly StatementRow[]>,
  publicId: string,
): RewardProof | undefined => {
  const upper = treeOfParts(parts);
  const trees = new Map([...read].map(([part, rows]) => [part, treeOfPart(head, part, rows)]));
  const pathOf = (leaf: number): string[] => {
    const part = Math.floor(leaf / partLeaves);
    const tree = present(trees.get(part), `part ${part} was not read`);
    assert(toHex(tree.root()) === parts[part]?.root, `part ${part} has another root`);
    return [...tree.pathOf(leaf % partLeaves), ...upper.pathOf(part)].map(toHex);
  };
  const entries = [...read].flatMap(([part, rows]) => {
    const firstLeaf = Math.max(1, part * partLeaves);
    return rows.flatMap((row, index) =>
      row.public_id === publicId ? [{ row, place: firstLeaf + index }] : [],
    );
  });
  if (entries.length === 0) return undefined;
  const placed = entries
    .sort((a, b) => a.place - b.place)
    .map(({ row, place }) => ({ row, place, path: pathOf(place) }));
  return {
    statement: { head, root },
    head_path: pathOf(0),
    entries: placed as RewardProof['entries'],
  };
};

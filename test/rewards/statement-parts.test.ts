/**
 * Guarantees of a statement in parts: behind one another they are the CSV, their roots lead to the statement's
 * root, and the proof of a device from its own part is the proof from the whole.
 */
import { sha256Hex } from '../../shared/core/hash.ts';
import { orderKeyOf } from '../../shared/rewards/order.ts';
import type { Statement, StatementRow } from '../../shared/rewards/statement.ts';
import { checkRewardProof } from '../../shared/rewards/statement-check.ts';
import { parseStatementCsv } from '../../shared/rewards/statement-csv.ts';
import {
  partBounds,
  partRootOf,
  partsOfDevice,
  partTextOf,
  proofFromParts,
  rootOfParts,
  type StatementPart,
} from '../../shared/rewards/statement-parts.ts';
import { publishedOf, rewardProofOf } from '../../shared/rewards/statement-proof.ts';
import { anEntry, aStatement, epochId, publicId } from './builders.ts';

const inParts = ({ head, rows }: Statement) => {
  const cut = partBounds(rows.length).map(({ from, to }) => rows.slice(from, to));
  const parts = cut.map((own, index): StatementPart => {
    const [first] = own;
    return {
      hash: sha256Hex(partTextOf(index, own)),
      rows: own.length,
      first_key: first ? orderKeyOf(epochId, first.public_id) : '',
      root: partRootOf(head, index, own),
    };
  });
  return { cut, parts };
};

const proofOf = (statement: Statement, device: string, { cut, parts } = inParts(statement)) => {
  const read = new Map<number, readonly StatementRow[]>(
    [0, ...partsOfDevice(epochId, parts, device)].map((part) => [part, cut[part] ?? []]),
  );
  return { read, proof: proofFromParts(publishedOf(statement), parts, read, device) };
};

describe('the parts of a statement', () => {
  it.each([0, 1, 2, 8_190, 8_191, 8_192, 16_383])('of %d rows lead to its root', (count) => {
    const statement = aStatement(Array.from({ length: count }, (_, index) => anEntry(index)));
    const { cut, parts } = inParts(statement);
    expect(rootOfParts(parts)).toBe(publishedOf(statement).root);
    const csv = cut.map((rows, index) => partTextOf(index, rows)).join('');
    expect(parseStatementCsv(csv)).toEqual(statement.rows);
    expect(parts.reduce((sum, { rows }) => sum + rows, 0)).toBe(count);
  });

  it('give the proof of every device at their borders, also of one that stands on both sides', () => {
    const entries = Array.from({ length: 4_200 }, (_, index) => anEntry(index));
    const both = entries.flatMap((entry) => [entry, { ...entry, pool: 'community' as const }]);
    const statement = aStatement(both);
    const made = inParts(statement);
    const atBorders = made.cut.flatMap((rows) =>
      [rows.at(0), rows.at(-1)].flatMap((row) => row ?? []),
    );
    expect(atBorders).toHaveLength(4);
    let straddling = 0;
    for (const { public_id: device } of atBorders) {
      const { read, proof } = proofOf(statement, device, made);
      expect(proof).toEqual(rewardProofOf(statement, device));
      expect(proof && checkRewardProof(proof).every(({ passed }) => passed)).toBe(true);
      if (read.size === 2 && device === made.cut[1]?.[0]?.public_id) straddling += 1;
    }
    // Some device has its two rows on both sides of a border: else the case was not met.
    expect(straddling).toBeGreaterThan(0);
  });

  it('give no proof of a device without a row', () => {
    const statement = aStatement([anEntry(1)]);
    expect(proofOf(statement, publicId(2)).proof).toBeUndefined();
    expect(proofOf(aStatement([]), publicId(2)).proof).toBeUndefined();
  });
});

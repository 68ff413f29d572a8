/** The scheme that ours is compared with refuses what it should: otherwise its time would say nothing. */
import { Chance } from '../support/proofs/chance.ts';
import { type FreivaldsProof, proveFreivalds, rootAbove, verifyFreivalds } from './freivalds.ts';

const proof = proveFreivalds(64, new Chance('freivalds'));

const changedRow = (change: (entries: Int32Array) => void): FreivaldsProof['rows'] =>
  proof.rows.map((row, at) => {
    const entries = row.entries.slice();
    if (at === 3) change(entries);
    return { ...row, entries };
  });

describe('Freivalds with row checks', () => {
  it('passes what is right', () => {
    expect(proof.rows).toHaveLength(10);
    expect(verifyFreivalds(proof)).toBe(true);
  });

  it('refuses a product with r that is wrong in one place', () => {
    const productTimesR = proof.productTimesR.map((value, at) => (at === 9 ? value + 1 : value));
    expect(verifyFreivalds({ ...proof, productTimesR })).toBe(false);
  });

  it('refuses a row that is not the committed one', () => {
    const rows = changedRow((entries) => entries.set([7], 11));
    expect(verifyFreivalds({ ...proof, rows })).toBe(false);
  });

  it('refuses a committed row that is not that of the product', () => {
    const row = changedRow((entries) => entries.set([7], 11))[3];
    if (!row) throw new Error('no such row');
    expect(verifyFreivalds({ ...proof, root: rootAbove(row), rows: [row] })).toBe(false);
  });

  it('refuses a path of another row', () => {
    const rows = proof.rows.map((row) => ({ ...row, index: row.index ^ 1 }));
    expect(verifyFreivalds({ ...proof, rows })).toBe(false);
  });
});

/** The table of references: complete for every model that is rewarded. */
import { models } from '../../shared/market/catalogue.ts';
import { overheadPermil } from '../../shared/proofs/reference-table.ts';

describe('overheads', () => {
  it('stand for every GPU model with a peak', () => {
    const rewarded = models.filter(({ kind, peakTops }) => kind === 'gpu' && peakTops !== null);
    expect(rewarded.length).toBeGreaterThan(0);
    const missing = rewarded.filter(({ model }) => overheadPermil[model] === undefined);
    expect(missing.map(({ model }) => model)).toEqual([]);
  });
});

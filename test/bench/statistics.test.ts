/** Medians and quantiles, and how a document shows them. */
import { type BenchDocument, documentText, lowerIsBetter, rounded } from './document.ts';
import { median, quantile } from './statistics.ts';

describe('a statistic', () => {
  it('is the middle sample, or the mean of two', () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([9, 1, 5, 2])).toBe(3.5);
  });

  it('takes the sample that 99 of 100 do not exceed', () => {
    const samples = Array.from({ length: 200 }, (_, index) => 200 - index);
    expect(quantile(samples, 0.99)).toBe(198);
    expect(quantile(samples, 1)).toBe(200);
  });

  it('of nothing is a bug', () => {
    expect(() => median([])).toThrow('no samples');
    expect(() => quantile([], 0.5)).toThrow('no samples');
  });

  it('keeps three digits of small numbers', () => {
    expect([rounded(1234.56789), rounded(0.000123456)]).toEqual([1234.568, 0.000123]);
  });
});

describe('a document', () => {
  const figure = lowerIsBetter({ id: 'synth_s', unit: 's', goal: 15, samples: [14, 18, 16] });
  const document: BenchDocument = {
    name: 'synth',
    commit: '0123456789abcdef',
    machine: { cpu: 'cpu', cores: 2, memory_mib: 1, node: '24.0.0' },
    figures: [figure, { ...figure, id: 'free_s', goal: null }],
    rows: [{ run: 1, seconds: 14 }],
    not_run: [{ id: 'gpu_s', reason: 'no GPU' }],
  };

  it('shows a goal that was missed, and a figure that could not be had', () => {
    expect(figure).toMatchObject({ value: 16, samples: 3, min: 14, max: 18, better: 'lower' });
    const text = documentText(document);
    expect(text).toMatch(/synth_s +16 +s +MISSED \(at most 15\)/);
    expect(text).toMatch(/free_s +16 +s +3 +14/);
    expect(text).toContain('not run: gpu_s: no GPU');
  });
});

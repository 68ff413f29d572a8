/** The command that prints the reference table: every model is there, and who can pose as it. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { models } from '../../../shared/market/catalogue.ts';
import { referenceReport } from '../../../shared/proofs/reference-report.ts';

const program = join(import.meta.dirname, '../../../clients/cli/main.ts');
const run = (...args: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    encoding: 'utf8',
    env: {},
  });
  return { code: status, out: stdout, err: stderr };
};

const report = referenceReport(Number.MAX_SAFE_INTEGER);
const row = (model: string) => {
  const found = report.find((one) => one.model === model);
  if (!found) throw new Error(`no ${model}`);
  return found;
};
const posersOf = (model: string) => row(model).posers.map((poser) => poser.model);

describe('the report', () => {
  it('has every GPU model, with its cap at or above its reference', () => {
    const gpus = models.filter(({ kind }) => kind === 'gpu');
    expect(report.map(({ model }) => model)).toEqual(gpus.map(({ model }) => model));
    for (const { measured } of report) {
      if (measured) expect(measured.capGops).toBeGreaterThanOrEqual(measured.refGops);
    }
    expect(row('RTX 5000').measured).toBeNull();
  });

  it('says what a model earns per 1000 TOPS of its peak', () => {
    expect(row('H100 SXM').measured?.multiplierPerPetaops).toBe(505);
    expect(row('L4').measured?.multiplierPerPetaops).toBe(103);
  });

  it('flags a model that a faster card with a smaller multiplier can pose as', () => {
    // Twice the capacity, less than half the multiplier.
    expect(posersOf('RTX 4080')).toContain('RTX 4090');
    expect(posersOf('RTX 4090')).not.toContain('RTX 4080');
    // As fast, as large, and paid nothing under its own name.
    expect(row('RTX A6000').posers[0]).toMatchObject({ model: 'A40', gain: Infinity });
  });

  it('flags no card that is too slow, too small or too narrow', () => {
    expect(posersOf('B200')).toEqual(['MI300X']);
    // Enough speed and memory for an RTX 3090, but a third of its bandwidth.
    expect(posersOf('RTX 3090')).not.toContain('L4');
    // 24 GB hold no pool of 80.
    expect(posersOf('A100 80GB')).not.toContain('RTX 4090');
  });

  it('counts how many of the claimed model a large card can be at once', () => {
    const poser = row('RTX 4060').posers.find(({ model }) => model === 'RTX 4090');
    // 594.9 TOPS are ten times three quarters of 75, 24 GB hold three pools, 1008 GB/s six walks.
    expect(poser).toMatchObject({ claims: 3, slowed: true });
    expect(poser?.gain).toBeCloseTo(3 / 1.25);
  });

  it('flags nobody for what would earn no more', () => {
    for (const { posers } of report) {
      for (const { gain, claims } of posers) {
        expect(gain).toBeGreaterThan(1);
        expect(claims).toBeGreaterThanOrEqual(1);
      }
    }
    for (const model of ['A10', 'A40']) expect(posersOf(model)).toEqual([]);
  });
});

describe('reference', () => {
  it('prints a row per model, the flags and what they mean', () => {
    const { code, out } = run('reference');
    expect(code).toBe(0);
    for (const { model } of report) expect(out).toContain(`\n${model} `);
    expect(out).toMatch(/RTX 4080 .*posed as by/);
    expect(out).toMatch(/RTX 4000 .*no reward: no reference/);
    expect(out).toContain('M4 Max 1.50');
  });

  it('names the aliases of every model that has some', () => {
    const lines = run('reference').out.split('\n');
    const liked = report.filter(({ aliases }) => aliases.length > 0);
    expect(liked.map(({ model }) => model)).toContain('RTX 4090D');
    for (const { model, aliases } of report) {
      const line = lines.find((one) => one.startsWith(model.padEnd(13)));
      const named = /like ([^;]*)/.exec(line ?? '')?.[1]?.split(', ') ?? [];
      expect([model, named]).toEqual([model, aliases]);
    }
  });

  it('prints the same as a document with --json', () => {
    const { code, out } = run('reference', '--json');
    expect(code).toBe(0);
    const parsed = JSON.parse(out) as { model: string }[];
    expect(parsed.map(({ model }) => model)).toEqual(report.map(({ model }) => model));
  });

  it('prints the values of a time: none before the first', () => {
    expect(run('reference', '--at', '2020-01-01T00:00:00Z').out).toMatch(/RTX 4090 .*no reference/);
    expect(run('reference', '--at', '2026-11-22T12:00:00Z').out).toBe(run('reference').out);
    const { code, err } = run('reference', '--at', 'yesterday');
    expect([code, err]).toEqual([2, 'yesterday is no time in ISO 8601.\n']);
  });
});

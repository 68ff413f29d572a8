/**
 * The style as a test: where time and chance come from, how files are named and opened, how amounts are
 * typed. Sizes are reported, not enforced: a long file that reads well stays.
 */
import { loadSources, type SourceFile } from './source-tree.ts';

const sources = loadSources();
const product = sources.filter(({ path }) =>
  /^(functions|shared|agent|clients|infra)\//.test(path),
);

/** `path:line` of each match in the code of these files. */
const findings = (files: readonly SourceFile[], form: RegExp): readonly string[] =>
  files.flatMap(({ path, code }) =>
    code.split('\n').flatMap((line) => (form.test(line) ? [`${path}: ${line.trim()}`] : [])),
  );

const except = (...paths: readonly string[]) => product.filter(({ path }) => !paths.includes(path));

describe('sources', () => {
  it('read the clock and chance in the composition roots alone', () => {
    const roots = ['functions/kit/runtime.ts', 'agent/main.ts'];
    const chance = /Date\.now|Math\.random|randomUUID|randomBytes|getRandomValues/;
    expect(findings(except(...roots), chance)).toEqual([]);
    // Time as text is made of a number that somebody passed in.
    expect(findings(except(...roots, 'shared/core/time.ts'), /new Date\b/)).toEqual([]);
    const time = findings(
      product.filter(({ path }) => path === 'shared/core/time.ts'),
      /new Date\b/,
    );
    expect(time).toEqual(['shared/core/time.ts: const date = new Date(ms);']);
  });

  it('read the environment in the composition roots alone', () => {
    // A key stands in no command line, where others see it.
    const keyed = 'clients/cli/genesis/main.ts';
    const roots = except('functions/kit/runtime.ts', 'agent/main.ts', keyed);
    expect(findings(roots, /process\.env\b/)).toEqual([]);
  });

  it('keep rules synchronous: only stores and adapters wait', () => {
    const rules = product.filter(
      ({ path }) => /^shared\/(?!adapters)/.test(path) && !path.endsWith('-store.ts'),
    );
    expect(findings(rules, /\bawait\b|\basync\b/)).toEqual([]);
  });

  it('catch and retry nothing in route tables and entries', () => {
    const thin = product.filter(({ path }) => /(\/routes\.ts|^functions\/entries\/.*)$/.test(path));
    expect(findings(thin, /\btry\b|\bcatch\b/)).toEqual([]);
  });

  it('have names that say something', () => {
    const banned = /(^|[/.-])(utils?|helpers?|common|misc)(?=[/.-])/;
    expect(sources.map(({ path }) => path).filter((path) => banned.test(path))).toEqual([]);
    const odd = sources.filter(({ path }) => !/^[a-z0-9./-]+\.(ts|mjs)$/.test(path));
    expect(odd.map(({ path }) => path)).toEqual([]);
  });

  it('have no barrel files', () => {
    expect(sources.map(({ path }) => path).filter((path) => /\/index\.ts$/.test(path))).toEqual([]);
    expect(findings(product, /^export \* from/)).toEqual([]);
  });

  it('open with a comment that says what they are for', () => {
    const silent = sources.filter(({ text }) => !/^(#![^\n]*\n)?\s*(\/\*\*|\/\/)/.test(text));
    expect(silent.map(({ path }) => path)).toEqual([]);
  });

  it('count money in bigint: no amount is a number', () => {
    const names =
      '(?:\\w*(?:Amount|Price|Balance|Fee|Reward|Stake)|amount|price|balance|fee|reward|stake)';
    expect(findings(product, new RegExp(`\\b${names}\\??:\\s*(?:readonly )?number\\b`))).toEqual(
      [],
    );
    const stored = '(?:\\w*_)?(?:amount|price|balance|fee|reward|stake)';
    const numeric = '(?:wholeNumber|z\\.(?:coerce\\.)?number|z\\.int)';
    expect(findings(product, new RegExp(`\\b${stored}:\\s*${numeric}`))).toEqual([]);
  });

  it('leave nothing for later', () => {
    const later = sources.filter(
      ({ path, text }) =>
        !path.startsWith('test/architecture/') && /\b(TODO|FIXME|XXX|HACK)\b/.test(text),
    );
    expect(later.map(({ path }) => path)).toEqual([]);
  });

  it('use no syntax that Node cannot erase, and no any', () => {
    expect(findings(product, /^\s*(export )?(const )?enum\s|^\s*(export )?namespace\s/)).toEqual(
      [],
    );
    expect(findings(product, /:\s*any\b|\bas any\b|<any>/)).toEqual([]);
  });

  it('report their sizes', () => {
    const linesOf = ({ text }: SourceFile) => text.split('\n').length;
    const limitOf = (path: string): number => {
      if (path.startsWith('test/')) return 400;
      if (/^functions\/(?!kit|entries)[^/]+\/(?!routes)/.test(path)) return 120;
      return path.startsWith('infra/stacks/') ? 150 : 300;
    };
    const long = sources.filter((file) => linesOf(file) > limitOf(file.path));
    if (long.length > 0) {
      const rows = long.map((file) => `${String(linesOf(file)).padStart(5)}  ${file.path}`);
      process.stdout.write(`Files to think about again, in lines:\n${rows.join('\n')}\n`);
    }
    expect(sources.length).toBeGreaterThan(100);
  });
});

/** The command line of simulations: it draws what the rules say, and refuses fleets that are none. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const program = join(import.meta.dirname, '../../../clients/cli/simulate/main.ts');

const run = (...args: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    encoding: 'utf8',
    env: {},
  });
  return { code: status, out: stdout, err: stderr };
};

describe('simulate emission', () => {
  it('draws the 20 years', () => {
    const { code, out, err } = run('emission');
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/^1 +37,840,636\.87 +37,840,636\.87 +7\.56 % {2}#{40}$/m);
    expect(out).toMatch(/^20 +3,695,506\.99 +300,000,000\.00 +0\.46 % {2}#{3}$/m);
    expect(out.trimEnd().split('\n')).toHaveLength(21);
  });

  it('draws what a device and a peak TOPS earn', () => {
    const { code, out } = run('emission', '--devices', '500 x 8 x H100 SXM', '--devices', '9x1xM4');
    expect(code).toBe(0);
    expect(out).toMatch(
      /^500 x 8 x H100 SXM +enterprise +16014000 +16,000 +8\.675799 +71,897\.21 /m,
    );
    expect(out).toMatch(/^500 x 8 x H100 SXM +15832 +0\.00054799 +4\.5412 /m);
    expect(out).toMatch(/^9 x 1 x M4 +- +- /m);
  });

  it('answers JSON with all years, amounts in base units', () => {
    const { out } = run(
      'emission',
      '--devices',
      '1 x 1 x RTX 4090',
      '--json',
      '--hired',
      '--tier',
      '4',
    );
    const { years, fleet } = JSON.parse(out);
    expect([years.length, years[19].cumulative]).toEqual([20, '30000000000000000']);
    expect(fleet).toHaveLength(1);
    expect(fleet[0]).toMatchObject({
      model: 'RTX 4090',
      score: '265050',
      first_hour: '433789954337',
      peak_tops: 661,
    });
    expect(fleet[0].years).toHaveLength(20);
  });

  it('explains itself', () => {
    for (const args of [['--help'], ['-h'], ['help'], ['emission', '--help']]) {
      const { code, out } = run(...args);
      expect([code, out]).toEqual([0, expect.stringContaining('Exit codes: 0')]);
    }
  });

  it.each([
    ['nothing to simulate', [], 'Name what to simulate'],
    ['something else', ['rewards'], 'Name what to simulate'],
    ['an unknown option', ['emission', '--force'], "Unknown option '--force'"],
    ['a fleet of another form', ['emission', '--devices', '8 H100'], 'is not like "500 x 8 x'],
    ['an unknown model', ['emission', '--devices', '1 x 1 x H100'], 'has no model "H100"'],
    ['no devices', ['emission', '--devices', '0 x 1 x M4'], 'from 1 to 10000000, not "0"'],
    ['too many processors', ['emission', '--devices', '1 x 17 x M4'], 'from 1 to 16, not "17"'],
    ['a class of no line', ['emission', '--tier', '5'], '--tier is a whole number from 1 to 4'],
    ['too few minutes', ['emission', '--minutes', '49'], '--minutes is a whole number from 50'],
  ])('with %s exits with 2 and says why', (_, args, why) => {
    const { code, out, err } = run(...args);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(why);
  });

  it('takes a hundred lines of a fleet and no more', () => {
    const lines = (count: number) =>
      Array.from({ length: count }, () => ['--devices', '1 x 1 x M4']).flat();
    expect(run('emission', ...lines(100)).code).toBe(0);
    expect(run('emission', ...lines(101)).err).toContain('at most 100 lines, not 101');
  });

  it('is what npm runs', () => {
    const manifest = readFileSync(join(import.meta.dirname, '../../../package.json'), 'utf8');
    const { scripts } = JSON.parse(manifest) as { scripts: Record<string, string> };
    expect(scripts['simulate']).toBe('node clients/cli/simulate/main.ts');
  });
});

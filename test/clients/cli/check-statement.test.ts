/** The command line that checks statements and shares: it reads files, and its exit code is true. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { present } from '../../../shared/core/assert.ts';
import { nominate } from '../../../shared/rewards/nomination.ts';
import { csvLineOf, csvTitle } from '../../../shared/rewards/statement.ts';
import { publishedOf, rewardProofOf } from '../../../shared/rewards/statement-proof.ts';
import { aDeviceHour, aStatement, policy, publicId } from '../../rewards/builders.ts';

const program = join(import.meta.dirname, '../../../clients/cli/statement/main.ts');
const folder = mkdtempSync(join(tmpdir(), 'check-statement-'));
afterAll(() => rmSync(folder, { recursive: true }));

const file = (name: string, content: unknown): string => {
  const path = join(folder, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
};

const run = (...args: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    encoding: 'utf8',
    env: {},
  });
  return { code: status, out: stdout, err: stderr };
};

const devices = [aDeviceHour(1), aDeviceHour(2, { tier: 4 }), aDeviceHour(3, { hasWallet: false })];
const statement = aStatement(devices.flatMap((device) => nominate(device, policy)));
const csv = `${[csvTitle, ...statement.rows.map(csvLineOf)].join('\n')}\n`;
const published = publishedOf(statement);
const csvFile = file('statement.csv', csv);
const epochFile = file('epoch.json', published);
const proof = present(rewardProofOf(statement, publicId(1)), 'no row');
const proofFile = file('proof.json', proof);

/** The CSV with one byte changed: the last digit of an amount. */
const last = csv.at(-2) ?? '';
const changedFile = file('changed.csv', `${csv.slice(0, -2)}${last === '1' ? '2' : '1'}\n`);

describe('check', () => {
  it('exits with 0 for a downloaded statement, and shows the rows of a device', () => {
    const { code, out, err } = run('check', csvFile, '--epoch', epochFile, '--device', publicId(3));
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/^The statement of 2026-11-22T18, 4,566\.21004566 IO\n/);
    expect(out).toContain('0.00000000 IO for a score of 0 (wallet: no_wallet)\n');
    expect(out).not.toContain('FALSE');
    expect(out).toMatch(/\nConfirmed: .*\n$/);
  });

  it('exits with 1 for one with a changed byte, and says what is wrong', () => {
    const { code, out } = run('check', changedFile, '--epoch', epochFile);
    expect(code).toBe(1);
    expect(out).toMatch(/FALSE {6}root +the rows have the root [0-9a-f]{64}, not /);
    expect(out).toMatch(/\nNot confirmed: .*\n$/);
  });

  it('exits with 1 for one that is not written as statements are, with the line', () => {
    const broken = file('broken.csv', csv.replace('passed', 'Passed'));
    const { code, out } = run('check', broken, '--epoch', epochFile);
    expect([code, out]).toEqual([1, expect.stringContaining('line 2: status cannot be "Passed"')]);
  });

  it('believes the root that is named, not the one in the file', () => {
    const { head } = statement;
    const rows = statement.rows.slice(1);
    const forged = file('forged.json', publishedOf({ head: { ...head, entries: '2' }, rows }));
    const forgedCsv = file('forged.csv', `${[csvTitle, ...rows.map(csvLineOf)].join('\n')}\n`);
    const { code, out } = run('check', forgedCsv, '--epoch', forged, '--root', published.root);
    expect([code, out]).toEqual([1, expect.stringContaining('FALSE      named root')]);
    expect(run('check', csvFile, '--epoch', epochFile, '--root', published.root).code).toBe(0);
  });

  it('answers JSON where it is asked for', () => {
    const { code, out } = run('check', csvFile, '--epoch', epochFile, '--json');
    const { confirmed, head, checks } = JSON.parse(out);
    expect([code, confirmed, head]).toEqual([0, true, published.head]);
    expect(checks.map(({ name }: { name: string }) => name)).toEqual([
      'root',
      'emission',
      'order',
      'scores',
      'pools',
      'amounts',
    ]);
  });
});

describe('share', () => {
  it('exits with 0 for one’s own share', () => {
    const { code, out } = run('share', proofFile, '--root', published.root);
    expect(code).toBe(0);
    expect(out).toMatch(
      /dev0000000000001 in the enterprise pool: [0-9,]+\.[0-9]{8} IO for a score/,
    );
  });

  it('exits with 1 for a changed amount, and under another root', () => {
    const [entry] = proof.entries;
    const row = { ...present(entry, 'no row').row, amount: '1' };
    const changed = file('changed.json', { ...proof, entries: [{ ...entry, row }] });
    const { code, out } = run('share', changed);
    expect([code, out]).toEqual([1, expect.stringContaining('does not lead to the root')]);
    expect(run('share', proofFile, '--root', '0'.repeat(64)).code).toBe(1);
  });
});

describe('the command line', () => {
  it('explains itself', () => {
    for (const args of [['--help'], ['-h'], ['help'], ['check', '--help']]) {
      const { code, out } = run(...args);
      expect([code, out]).toEqual([0, expect.stringContaining('Exit codes: 0')]);
    }
  });

  it.each([
    ['no command', [], 'Name a command and one file.'],
    ['two files', ['check', 'a', 'b'], 'Name a command and one file.'],
    ['an unknown command', ['prove', 'a'], 'There is no command "prove".'],
    ['an unknown option', ['check', 'a', '--force'], "Unknown option '--force'"],
    ['no epoch', ['check', csvFile], 'check needs --epoch'],
    ['a file that is not there', ['check', '/nowhere', '--epoch', epochFile], 'cannot be read'],
    ['an epoch of another kind', ['check', csvFile, '--epoch', proofFile], 'is no head and root'],
    ['a proof of another kind', ['share', epochFile], 'is no proof of a share'],
    ['a root that is none', ['share', proofFile, '--root', 'abc'], '64 hexadecimal digits'],
    [
      'a device without a row',
      ['check', csvFile, '--epoch', epochFile, '--device', 'nobody'],
      'has no row of the device nobody',
    ],
  ])('with %s exits with 2 and says why', (_, args, why) => {
    const { code, out, err } = run(...args);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(why);
  });

  it('is what npm runs', () => {
    const manifest = readFileSync(join(import.meta.dirname, '../../../package.json'), 'utf8');
    const { scripts } = JSON.parse(manifest) as { scripts: Record<string, string> };
    expect(scripts['statement']).toBe('node clients/cli/statement/main.ts');
  });
});

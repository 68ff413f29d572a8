/** The command line that checks proofs: it reads files, says what it found, and its exit code is true. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256, toHex } from '../../../shared/proofs/protocol/bytes.ts';
import type { ProofTimes } from '../../../shared/proofs/protocol/decide.ts';
import { encodeTranscript } from '../../../shared/proofs/protocol/transcript.ts';
import { Chance } from '../../support/proofs/chance.ts';
import { withBitFlipped } from '../../support/proofs/cheat.ts';
import { play } from '../../support/proofs/play.ts';
import { smallFull } from '../../support/proofs/tasks.ts';
import { dayKey, receiptKeys, slotTask, transcriptOf } from '../../support/proofs/transcripts.ts';

const program = join(import.meta.dirname, '../../../clients/cli/main.ts');
const folder = mkdtempSync(join(tmpdir(), 'check-proof-'));
afterAll(() => rmSync(folder, { recursive: true }));

const file = (name: string, content: unknown): string => {
  const path = join(folder, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
};

const run = (...args: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    encoding: 'utf8',
    // Nothing of this machine's surroundings is needed.
    env: {},
  });
  return { code: status, out: stdout, err: stderr };
};

const times: ProofTimes = { t0: 1e12, t1: 1e12 + 2, t1b: 1e12 + 3, t2: 1e12 + 264 };
const reference = { gops: 1, capGops: 2, mbps: 1, memoryBytes: null };
const proof = play(slotTask(smallFull), new Chance('command line'));
const honest = transcriptOf(proof, { times, reference });
const broken = { ...proof, opening: withBitFlipped(proof.opening, 80_000) };

const transcript = file('passed.json', encodeTranscript(honest));
const failed = file('failed.json', encodeTranscript(transcriptOf(broken, { times, reference })));
const forged = file('forged.json', encodeTranscript({ ...honest, opening: broken.opening }));
const receipt = file('receipt.json', honest.receipt);
const keys = file('keys.json', {
  keys: Object.entries(receiptKeys).map(([kid, public_key]) => ({
    kid,
    public_key,
    status: 'current',
  })),
});
const strangers = file('strangers.json', { keys: [{ kid: 'poc-1', public_key: '11'.repeat(32) }] });
const day = file('day.json', {
  date: '2026-10-01',
  sha256: toHex(sha256(dayKey)),
  key: toHex(dayKey),
});

describe('check', () => {
  it('confirms a passed proof in every point, and exits with 0', () => {
    const { code, out, err } = run('check', transcript, '--keys', keys, '--day', day);
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(
      /^A full proof of prc_of transcripts .* in the slot 2026-10-01T21:20:00Z\n/,
    );
    expect(out.match(/^ {2}holds /gm)).toHaveLength(8);
    expect(out).toMatch(
      /The proof passed. Nothing that was checked contradicts the transcript.\n$/,
    );
  });

  it('says what it could not check for want of keys', () => {
    const { code, out } = run('check', transcript);
    expect(code).toBe(0);
    expect(out.match(/^ {2}not checked .*$/gm)).toEqual([
      '  not checked  seed of the slot     needs the key of the day',
      "  not checked  receipt's signature  needs the published keys",
    ]);
  });

  it('exits with 3 for a failed proof whose transcript says so', () => {
    const { code, out } = run('check', failed, '--keys', keys);
    expect(code).toBe(3);
    expect(out).toContain('fails        opening              failed: sample_path');
    expect(out).toMatch(/The proof failed, as the transcript says.\n$/);
  });

  it('exits with 1 for a wrong opening that is said to have passed', () => {
    const { code, out } = run('check', forged, '--keys', keys);
    expect(code).toBe(1);
    expect(out).toContain('failed: sample_path; the transcript says passed');
  });

  it('exits with 1 for a receipt of other keys', () => {
    expect(run('check', transcript, '--keys', strangers).code).toBe(1);
  });

  it('prints its findings as JSON', () => {
    const { code, out } = run('check', transcript, '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ verdict: { verdict: 'passed' }, confirmed: true });
  });
});

describe('receipt', () => {
  it('exits with 0 for a genuine one and with 1 for any other', () => {
    expect(run('receipt', receipt, '--keys', keys)).toMatchObject({ code: 0, err: '' });
    expect(run('receipt', receipt, '--keys', strangers).code).toBe(1);
    const changed = file('changed.json', { ...honest.receipt, gops: 999 });
    expect(run('receipt', changed, '--keys', keys).out).toMatch(/Not genuine: .* poc-1.\n$/);
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
    ['no file', ['check'], 'Name a command and one file.'],
    ['two files', ['check', 'a', 'b'], 'Name a command and one file.'],
    ['an unknown command', ['prove', 'a'], 'There is no command "prove".'],
    ['an unknown option', ['check', 'a', '--force'], "Unknown option '--force'"],
    ['a file that is not there', ['check', '/nowhere.json'], '/nowhere.json cannot be read'],
    ['a file that is no JSON', ['check', program], 'is no JSON document.'],
    ['a file of another kind', ['check', keys], 'is no transcript: '],
    ['a receipt without keys', ['receipt', receipt], 'receipt needs --keys'],
    [
      'keys of another kind',
      ['check', transcript, '--keys', receipt],
      'is no list of receipt keys',
    ],
    ['a day of another kind', ['check', transcript, '--day', keys], 'is no key of a day'],
  ])('with %s exits with 2 and says why', (_, args, why) => {
    const { code, out, err } = run(...args);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(why);
  });

  it('takes no key of a day that is not of the slot, or not the one published', () => {
    const document = { date: '2026-10-02', sha256: toHex(sha256(dayKey)), key: toHex(dayKey) };
    const wrongDay = file('wrong-day.json', document);
    expect(run('check', transcript, '--day', wrongDay)).toMatchObject({
      code: 2,
      err: expect.stringContaining('is of 2026-10-02'),
    });
    const wrongKey = file('wrong-key.json', { ...document, key: '22'.repeat(32) });
    expect(run('check', transcript, '--day', wrongKey)).toMatchObject({
      code: 2,
      err: expect.stringContaining('not the one whose hash it shows'),
    });
  });

  it('is what npm runs', () => {
    const manifest = readFileSync(join(import.meta.dirname, '../../../package.json'), 'utf8');
    const { scripts } = JSON.parse(manifest) as { scripts: Record<string, string> };
    expect(scripts['proof']).toBe('node clients/cli/main.ts');
  });
});

/** Transcripts: written, read and checked again; what one says falsely is found. */
import { signReceipt } from '../../../shared/proofs/protocol/receipt.ts';
import {
  decodeTranscript,
  encodeTranscript,
  type ProofTranscript,
  transcriptSchema,
} from '../../../shared/proofs/protocol/transcript.ts';
import {
  checkTranscript,
  type Evidence,
} from '../../../shared/proofs/protocol/transcript-check.ts';
import { typescriptEngine } from '../../../shared/proofs/protocol/typescript-engine.ts';
import { Chance } from '../../support/proofs/chance.ts';
import { withBitFlipped } from '../../support/proofs/cheat.ts';
import { play } from '../../support/proofs/play.ts';
import { smallFull, smallLight } from '../../support/proofs/tasks.ts';
import {
  dayKey,
  receiptKeys,
  receiptSeed,
  slotTask,
  transcriptOf,
} from '../../support/proofs/transcripts.ts';

const reference = { gops: 1, capGops: 2, mbps: 1, memoryBytes: null };
// Two million operations and a quarter of a megabyte, in the times that 1 GOP/s and 1 MB/s take.
const times = {
  t0: 1_790_889_600_000,
  t1: 1_790_889_600_002,
  t1b: 1_790_889_600_003,
  t2: 1_790_889_600_264,
};
const evidence: Evidence = { keys: receiptKeys, dayKey };

const full = transcriptOf(play(slotTask(smallFull), new Chance('full')), { times, reference });
const light = transcriptOf(play(slotTask(smallLight), new Chance('light')), {
  times: { ...times, t1b: null, t2: null },
  reference,
});

const check = (transcript: ProofTranscript, known: Evidence = evidence) =>
  checkTranscript(transcript, known, typescriptEngine);

/** The names of the statements that are false. */
const falseIn = (transcript: ProofTranscript, known?: Evidence): readonly string[] =>
  check(transcript, known)
    .statements.filter(({ outcome }) => outcome === 'fails')
    .map(({ name }) => name);

/** As it comes out of a file. */
const reread = (transcript: ProofTranscript): ProofTranscript => {
  const text = JSON.stringify(encodeTranscript(transcript));
  return decodeTranscript(transcriptSchema.parse(JSON.parse(text)));
};

describe.each([
  ['full', full],
  ['light', light],
] as const)('the transcript of a %s proof', (_, transcript) => {
  it('comes out of its document as it went in', () => {
    expect(encodeTranscript(reread(transcript))).toEqual(encodeTranscript(transcript));
  });

  it('is confirmed in everything by who knows it alone', () => {
    const findings = check(reread(transcript));
    expect(findings.verdict).toEqual({ verdict: 'passed' });
    expect([...findings.proof, ...findings.statements].map(({ outcome }) => outcome)).toEqual(
      Array(8).fill('holds'),
    );
    expect(findings.confirmed).toBe(true);
  });

  it('says what was not checked for want of keys', () => {
    const { statements, confirmed } = check(transcript, {});
    const open = statements.filter(({ outcome }) => outcome === 'not checked');
    expect(open.map(({ name }) => name)).toEqual(['seed of the slot', "receipt's signature"]);
    expect(confirmed).toBe(true);
  });
});

describe('a transcript that', () => {
  const failing: ProofTranscript = { ...full, opening: withBitFlipped(full.opening, 9_999) };

  it('claims a pass for a wrong opening is contradicted', () => {
    const { verdict, confirmed } = check(failing);
    expect(verdict).toEqual({ verdict: 'failed', reason: 'sample_path' });
    expect(confirmed).toBe(false);
    expect(falseIn(failing)).toEqual(['verdict']);
  });

  it('tells of a failure as it was is confirmed, without a receipt', () => {
    const told: ProofTranscript = {
      ...failing,
      verdict: { verdict: 'failed', reason: 'sample_path' },
      receipt: null,
    };
    const { verdict, confirmed } = check(reread(told));
    expect([verdict.verdict, confirmed]).toEqual(['failed', true]);
    expect(falseIn({ ...told, receipt: full.receipt })).toEqual(['receipt']);
    expect(falseIn({ ...told, verdict: { verdict: 'failed', reason: 'too_slow' } })).toEqual([
      'verdict',
    ]);
  });

  it('claims times for a pass that were too slow is contradicted', () => {
    const late = { ...full, times: { ...times, t1: times.t0 + 9 } };
    expect(check(late).verdict).toEqual({ verdict: 'failed', reason: 'too_slow' });
    expect(falseIn(late)).toEqual(['metrics', 'verdict', 'receipt']);
  });

  it.each([
    ['receipt', { receipt: null }],
    ['seed of the slot', { record: { ...full.record, sourceSeed: new Uint8Array(32) } }],
    ['metrics', { metrics: { ...full.metrics, gops: 2 } }],
    ['verdict', { verdict: { verdict: 'failed', reason: 'expired' } as const }],
    ['device key', { record: { ...full.record, devicePub: new Uint8Array(32) } }],
  ])('has a wrong %s is contradicted in it', (name, change) => {
    expect(falseIn({ ...full, ...change } as ProofTranscript)).toContain(name);
  });

  it.each([
    ['h2', '00'.repeat(32)],
    ['sid', '00'.repeat(32)],
    ['device_pub', '00'.repeat(32)],
    ['model', 'H100'],
    ['gops', 7],
    ['mbps', 7],
    ['pool_bytes', 7],
    ['at', 7],
    ['profile', 1],
    ['slot', '2026-10-01T21:30:00Z'],
    ['purpose', 'onboarding'],
  ])(
    'has a receipt for another %s is contradicted, though the platform signed it',
    (field, value) => {
      const { signature, ...fields } = full.receipt as NonNullable<typeof full.receipt>;
      expect(signature).toHaveLength(128);
      const receipt = signReceipt({ ...fields, [field]: value } as typeof fields, receiptSeed);
      const findings = check({ ...full, receipt });
      const wrong = findings.statements.filter(({ outcome }) => outcome === 'fails');
      expect(wrong.map(({ found }) => found)).toEqual([`says something else in ${field}`]);
    },
  );

  it('has a receipt that nobody signed is contradicted', () => {
    const receipt = full.receipt && { ...full.receipt, signature: '00'.repeat(64) };
    expect(falseIn({ ...full, receipt })).toEqual(["receipt's signature"]);
    expect(falseIn(full, { keys: {} })).toEqual(["receipt's signature"]);
  });

  it('is of a challenge needs no key of a day', () => {
    const task = { ...slotTask(smallLight), sourceId: 'chl_1' };
    const timing = { times: { ...times, t1b: null, t2: null }, reference: null };
    const transcript = transcriptOf(play(task, new Chance('challenge')), timing, 'recheck');
    const { confirmed, statements } = check(reread(transcript), { keys: receiptKeys });
    expect(confirmed).toBe(true);
    expect(statements.filter(({ outcome }) => outcome === 'not checked')).toHaveLength(1);
  });
});

describe('a document that', () => {
  const document = encodeTranscript(full);
  const { walk, params } = document;

  it.each<[string, unknown]>([
    ['is no object', 7],
    ['is empty', {}],
    ['has a field more', { ...document, more: 1 }],
    ['is of another format', { ...document, format: 'poc/2 transcript' }],
    ['spells a digest in capitals', { ...document, h1: document.h1.toUpperCase() }],
    ['has a digest of 31 bytes', { ...document, h1: document.h1.slice(2) }],
    ['lacks the padding of its base64', { ...document, opening: 'AAA' }],
    ['spells base64 in a second way', { ...document, opening: 'AAB=' }],
    ['breaks a bound', { ...document, params: { ...params, n: 65 } }],
    ['lacks the walk', { ...document, walk: null }],
    ['lacks the times of the walk', { ...document, times: { ...document.times, t2: null } }],
    ['has a walk without a pool', { ...encodeTranscript(light), walk }],
    ['has half an operation', { ...document, metrics: { ...document.metrics, gops: 0.5 } }],
    ['has text that is none', { ...document, claim: { ...document.claim, model: '\ud800' } }],
    ['knows another verdict', { ...document, verdict: { verdict: 'perhaps' } }],
    ['fails for no reason', { ...document, verdict: { verdict: 'failed' } }],
  ])('%s is refused', (_, value) => {
    expect(transcriptSchema.safeParse(value).success).toBe(false);
  });

  it('is changed at random is refused, or checked without an error', () => {
    const chance = new Chance('documents');
    const text = JSON.stringify({ ...document, opening: document.opening.slice(0, 400) });
    let accepted = 0;
    for (let time = 0; time < 2_000; time += 1) {
      const bytes = Buffer.from(text);
      for (let change = 0; change <= chance.below(3); change += 1) {
        bytes[chance.below(bytes.length)] = 32 + chance.below(95);
      }
      let parsed: unknown;
      try {
        parsed = JSON.parse(bytes.toString('utf8'));
      } catch {
        continue;
      }
      const read = transcriptSchema.safeParse(parsed);
      if (!read.success) continue;
      accepted += 1;
      const { verdict } = check(decodeTranscript(read.data));
      expect(verdict).toEqual({ verdict: 'failed', reason: 'length' });
    }
    expect(accepted).toBeGreaterThan(50);
  });
});

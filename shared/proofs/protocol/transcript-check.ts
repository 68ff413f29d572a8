/**
 * Checks a transcript again, as a stranger would: the opening from its first byte, the times, what was
 * measured, and the receipt. Each check says what it found; nothing in the transcript is believed because
 * it stands there. What no transcript can show: that times and reference are the ones that really were.
 */
import { sameBytes, toHex } from './bytes.ts';
import { decide, metricsOf, type ProofMetrics } from './decide.ts';
import { deriveH2, deriveSid } from './derivation.ts';
import { isAcceptablePublicKey } from './ed25519.ts';
import type { ProofEngine } from './engine.ts';
import { isReceiptSigned, type Receipt, type ReceiptKeys } from './receipt.ts';
import { slotSeedOf } from './slot.ts';
import type { ProofTranscript } from './transcript.ts';
import type { Verdict } from './verdict.ts';
import { verifyOpening } from './verify.ts';

export interface Check {
  readonly name: string;
  readonly outcome: 'holds' | 'fails' | 'not checked';
  /** One line for people. */
  readonly found: string;
}

/** What else is known of the proof, from outside the transcript. */
export interface Evidence {
  /** The published keys of receipts. */
  readonly keys?: ReceiptKeys;
  /** The published key of the slot's day, 32 bytes. */
  readonly dayKey?: Uint8Array;
}

export interface TranscriptFindings {
  /** The verdict that the protocol gives, whatever the transcript says. */
  readonly verdict: Verdict;
  /** What that verdict follows from. */
  readonly proof: readonly Check[];
  /** Whether the transcript, its verdict and its receipt say what is so. */
  readonly statements: readonly Check[];
  /** Whether no statement is false; what was not checked does not count. */
  readonly confirmed: boolean;
}

const check = (name: string, holds: boolean, found: string): Check => ({
  name,
  outcome: holds ? 'holds' : 'fails',
  found,
});

const notChecked = (name: string, found: string): Check => ({
  name,
  outcome: 'not checked',
  found,
});

const textOf = (verdict: Verdict): string =>
  verdict.verdict === 'passed' ? 'passed' : `failed: ${verdict.reason}`;

const seedCheck = ({ purpose, record }: ProofTranscript, dayKey?: Uint8Array): Check => {
  const name = 'seed of the slot';
  if (purpose !== 'slot') return notChecked(name, 'a challenge: its bytes are its own');
  if (dayKey === undefined) return notChecked(name, 'needs the key of the day');
  const same = sameBytes(slotSeedOf(dayKey, record.sourceId), record.sourceSeed);
  return check(name, same, same ? 'made with the key of the day' : 'not of this key of the day');
};

/** The fields of the receipt that contradict the transcript. */
const contradictions = (transcript: ProofTranscript, receipt: Receipt): readonly string[] => {
  const { purpose, record, claim, metrics, times } = transcript;
  const expected: Readonly<Record<string, string | number | undefined>> = {
    device_pub: toHex(record.devicePub),
    purpose,
    slot: purpose === 'slot' ? record.sourceId : undefined,
    challenge: purpose === 'slot' ? undefined : record.sourceId,
    profile: record.params.profile,
    sid: toHex(deriveSid(record.sourceId, record.processorId)),
    h2: toHex(deriveH2(record.h1, record.walk)),
    model: claim.model,
    gops: metrics.gops,
    mbps: metrics.mbps ?? undefined,
    pool_bytes: metrics.poolBytes ?? undefined,
    at: times.t1,
  };
  const stated: Readonly<Record<string, unknown>> = { ...receipt };
  return Object.keys(expected).filter((name) => stated[name] !== expected[name]);
};

const receiptChecks = (transcript: ProofTranscript, keys?: ReceiptKeys): readonly Check[] => {
  const { receipt, verdict } = transcript;
  if (receipt === null) {
    const due = verdict.verdict === 'passed';
    return [check('receipt', !due, due ? 'missing, though the proof passed' : 'none, as due')];
  }
  const wrong = contradictions(transcript, receipt);
  const contents = check(
    'receipt',
    wrong.length === 0 && verdict.verdict === 'passed',
    wrong.length > 0
      ? `says something else in ${wrong.join(', ')}`
      : `says the same as the transcript${verdict.verdict === 'passed' ? '' : ', of a failed proof'}`,
  );
  const name = "receipt's signature";
  if (keys === undefined) return [contents, notChecked(name, 'needs the published keys')];
  const signed = isReceiptSigned(receipt, keys);
  const found = signed ? `by the key ${receipt.kid}` : `not by a published key ${receipt.kid}`;
  return [contents, check(name, signed, found)];
};

const sameMetrics = (left: ProofMetrics, right: ProofMetrics): boolean =>
  left.gops === right.gops &&
  left.effCPpm === right.effCPpm &&
  left.mbps === right.mbps &&
  left.poolBytes === right.poolBytes &&
  left.effBPpm === right.effBPpm;

const describeMetrics = ({ gops, mbps, poolBytes }: ProofMetrics): string =>
  [
    `${gops} GOP/s`,
    ...(mbps === null ? [] : [`${mbps} MB/s`]),
    ...(poolBytes === null ? [] : [`a pool of ${poolBytes} bytes`]),
  ].join(', ');

/** Checks everything again. Constant memory beside the transcript; tens of milliseconds. */
export const checkTranscript = (
  transcript: ProofTranscript,
  evidence: Evidence,
  engine: ProofEngine,
): TranscriptFindings => {
  const { record, signatures, opening, reference, times, percentages } = transcript;
  const timing = { params: record.params, reference, times };
  const opened = verifyOpening({ record, signatures, opening }, engine);
  const timed = decide(timing, percentages);
  const verdict: Verdict = opened.verdict === 'failed' ? opened : timed;
  const metrics = metricsOf(timing);
  const keyIsSound = isAcceptablePublicKey(record.devicePub);
  const proof = [
    check('opening', opened.verdict === 'passed', textOf(opened)),
    check('times', timed.verdict === 'passed', textOf(timed)),
  ];
  const statements = [
    check('device key', keyIsSound, keyIsSound ? 'canonical, of full order' : 'never acceptable'),
    seedCheck(transcript, evidence.dayKey),
    check('metrics', sameMetrics(metrics, transcript.metrics), describeMetrics(metrics)),
    check(
      'verdict',
      textOf(verdict) === textOf(transcript.verdict),
      `${textOf(verdict)}; the transcript says ${textOf(transcript.verdict)}`,
    ),
    ...receiptChecks(transcript, evidence.keys),
  ];
  const confirmed = statements.every(({ outcome }) => outcome !== 'fails');
  return { verdict, proof, statements, confirmed };
};

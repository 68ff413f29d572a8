/**
 * Transcripts: all that a stranger needs to check a proof again without the platform, as one JSON document.
 * Bytes are lower-case hex, the opening is base64 (its roots stand first in it), times are epoch
 * milliseconds of the platform. A proof that ended without an opening has no transcript. Where transcripts
 * are kept is not known here; what they claim is checked in transcript-check.ts.
 */
import * as z from 'zod';
import { bytesOfHex, fromHex, toHex } from './bytes.ts';
import { claimHashOf, type ProofClaim } from './claim.ts';
import type { ProofMetrics, ProofPercentages, ProofReference, ProofTimes } from './decide.ts';
import { signatureBytes } from './ed25519.ts';
import { brokenBound, hasWalk } from './parameters.ts';
import { type Receipt, type ReceiptPurpose, receiptPurposes } from './receipt.ts';
import { proofReasons, type Verdict } from './verdict.ts';
import type { ProofRecord, ProofSignatures } from './verify.ts';

/** One proof with everything that its verdict follows from, as the verifier's own types have it. */
export interface ProofTranscript {
  readonly purpose: ReceiptPurpose;
  readonly record: ProofRecord;
  /** What `record.claimHash` is the hash of. */
  readonly claim: ProofClaim;
  readonly signatures: ProofSignatures;
  readonly opening: Uint8Array;
  readonly times: ProofTimes;
  readonly reference: ProofReference | null;
  readonly percentages: ProofPercentages;
  readonly verdict: Verdict;
  readonly metrics: ProofMetrics;
  /** Null for a proof that failed. */
  readonly receipt: Receipt | null;
}

const hex = (bytes: number) =>
  z.string().refine((text) => fromHex(text, bytes) !== undefined, `${bytes} bytes, lower-case hex`);
const digest = hex(32);
const count = z.int().min(0);
const positive = z.int().min(1);
const words = z.string().refine((value) => value.isWellFormed(), 'well-formed text');
const profile = z.literal([0, 1, 2]);
/** Only the one spelling: padded, of the usual alphabet. */
const base64 = z
  .string()
  .refine((text) => Buffer.from(text, 'base64').toString('base64') === text, 'canonical base64');

const paramsSchema = z
  .strictObject({
    profile,
    n: count,
    k: count,
    R: count,
    P: count,
    L: count,
    S: count,
    K: count,
    q: count,
  })
  .superRefine((params, context) => {
    const broken = brokenBound(params);
    if (broken !== undefined) context.addIssue(broken);
  });

const claimSchema = z.strictObject({
  backend: words,
  driver: words,
  gpu_uuid: words,
  kind: words,
  memory_bytes: count,
  model: words,
  pci_id: words,
  processor_id: words,
});

/** A receipt as it is handed out: the signed fields, and the signature beside them. */
export const receiptSchema = z.strictObject({
  v: z.literal(1),
  kid: words,
  public_id: words,
  device_pub: digest,
  purpose: z.literal(receiptPurposes),
  slot: words.exactOptional(),
  challenge: words.exactOptional(),
  profile,
  sid: digest,
  h2: digest,
  model: words,
  gops: count,
  mbps: count.exactOptional(),
  pool_bytes: count.exactOptional(),
  at: count,
  signature: hex(signatureBytes),
});

const referenceSchema = z.strictObject({
  gops: positive,
  cap_gops: positive.nullable(),
  mbps: positive,
  memory_bytes: positive.nullable(),
});

const metricsSchema = z.strictObject({
  gops: count,
  eff_c_ppm: count.nullable(),
  mbps: count.nullable(),
  pool_bytes: count.nullable(),
  eff_b_ppm: count.nullable(),
});

const verdictSchema = z.discriminatedUnion('verdict', [
  z.strictObject({ verdict: z.literal('passed') }),
  z.strictObject({ verdict: z.literal('failed'), reason: z.literal(proofReasons) }),
]);

/** The document. Field by field in docs/proof-of-compute.md. */
export const transcriptSchema = z
  .strictObject({
    format: z.literal('poc/1 transcript'),
    source: z.strictObject({ purpose: z.literal(receiptPurposes), id: words, seed: digest }),
    device_pub: digest,
    claim: claimSchema,
    params: paramsSchema,
    h1: digest,
    h1_signature: hex(signatureBytes),
    walk: z
      .strictObject({ seed: digest, lane_root: digest, h2_signature: hex(signatureBytes) })
      .nullable(),
    sample_seed: digest,
    opening: base64,
    times: z.strictObject({ t0: count, t1: count, t1b: count.nullable(), t2: count.nullable() }),
    reference: referenceSchema.nullable(),
    percentages: z.strictObject({ throughput: count, bandwidth: count }),
    verdict: verdictSchema,
    metrics: metricsSchema,
    receipt: receiptSchema.nullable(),
  })
  .superRefine(({ params, walk, times }, context) => {
    if ((walk !== null) !== hasWalk(params)) context.addIssue('a walk exactly where P is above 0');
    if ((times.t1b !== null && times.t2 !== null) !== hasWalk(params)) {
      context.addIssue('the times of a walk exactly where there is one');
    }
  });

/** The document's form in JSON. */
export type TranscriptDocument = z.infer<typeof transcriptSchema>;

/** The transcript as its document. */
export const encodeTranscript = (transcript: ProofTranscript): TranscriptDocument => {
  const { purpose, record, claim, signatures, times, reference, percentages } = transcript;
  const { metrics } = transcript;
  const { walk } = record;
  return {
    format: 'poc/1 transcript',
    source: { purpose, id: record.sourceId, seed: toHex(record.sourceSeed) },
    device_pub: toHex(record.devicePub),
    claim,
    params: record.params,
    h1: toHex(record.h1),
    h1_signature: toHex(signatures.h1),
    walk: walk && {
      seed: toHex(walk.walkSeed),
      lane_root: toHex(walk.laneRoot),
      h2_signature: toHex(signatures.h2 ?? new Uint8Array(0)),
    },
    sample_seed: toHex(record.sampleSeed),
    opening: Buffer.from(transcript.opening).toString('base64'),
    times,
    reference: reference && {
      gops: reference.gops,
      cap_gops: reference.capGops,
      mbps: reference.mbps,
      memory_bytes: reference.memoryBytes,
    },
    percentages: {
      throughput: percentages.throughputPercentMin,
      bandwidth: percentages.bandwidthPercentMin,
    },
    verdict: transcript.verdict,
    metrics: {
      gops: metrics.gops,
      eff_c_ppm: metrics.effCPpm,
      mbps: metrics.mbps,
      pool_bytes: metrics.poolBytes,
      eff_b_ppm: metrics.effBPpm,
    },
    receipt: transcript.receipt,
  };
};

const decodeRecord = (document: TranscriptDocument): ProofRecord => ({
  sourceId: document.source.id,
  sourceSeed: bytesOfHex(document.source.seed),
  devicePub: bytesOfHex(document.device_pub),
  processorId: document.claim.processor_id,
  claimHash: claimHashOf(document.claim),
  params: document.params,
  h1: bytesOfHex(document.h1),
  walk: document.walk && {
    walkSeed: bytesOfHex(document.walk.seed),
    laneRoot: bytesOfHex(document.walk.lane_root),
  },
  sampleSeed: bytesOfHex(document.sample_seed),
});

/** The transcript of a document that the schema accepted. */
export const decodeTranscript = (document: TranscriptDocument): ProofTranscript => {
  const { reference, percentages, metrics, walk } = document;
  return {
    purpose: document.source.purpose,
    record: decodeRecord(document),
    claim: document.claim,
    signatures: {
      h1: bytesOfHex(document.h1_signature, signatureBytes),
      h2: walk && bytesOfHex(walk.h2_signature, signatureBytes),
    },
    opening: Buffer.from(document.opening, 'base64'),
    times: document.times,
    reference: reference && {
      gops: reference.gops,
      capGops: reference.cap_gops,
      mbps: reference.mbps,
      memoryBytes: reference.memory_bytes,
    },
    percentages: {
      throughputPercentMin: percentages.throughput,
      bandwidthPercentMin: percentages.bandwidth,
    },
    verdict: document.verdict,
    metrics: {
      gops: metrics.gops,
      effCPpm: metrics.eff_c_ppm,
      mbps: metrics.mbps,
      poolBytes: metrics.pool_bytes,
      effBPpm: metrics.eff_b_ppm,
    },
    receipt: document.receipt,
  };
};

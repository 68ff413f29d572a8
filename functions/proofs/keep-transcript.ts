/**
 * Keeps what a stranger needs to check a proof again: of every failed opening, every full proof, and one
 * light proof in a hundred, chosen by its id. Kept before the proof ends, under a name of proof and opening:
 * who dies in between writes the same transcript again, and another opening that is sent at the same moment
 * takes no other's place. A transcript whose opening is not the proof's decided nothing. A strike takes
 * evidence; everything else takes none.
 */
import type { TranscriptPort } from '../../shared/adapters/transcripts.ts';
import { present } from '../../shared/core/assert.ts';
import { AppError } from '../../shared/core/errors.ts';
import { dateAt } from '../../shared/proofs/day.ts';
import { policyOf } from '../../shared/proofs/policy.ts';
import { hasWalk, type Proof } from '../../shared/proofs/proof.ts';
import { bytesOfHex, first4, sha256 } from '../../shared/proofs/protocol/bytes.ts';
import { metricsOf } from '../../shared/proofs/protocol/decide.ts';
import { signatureBytes } from '../../shared/proofs/protocol/ed25519.ts';
import { encodeTranscript, type ProofTranscript } from '../../shared/proofs/protocol/transcript.ts';
import { receiptOf } from '../../shared/proofs/receipt-fields.ts';
import { isFraud } from '../../shared/proofs/strike.ts';
import type { Runtime } from '../kit/runtime.ts';
import { type JudgedProof, type Opening, timedOf } from './judge-opening.ts';

export interface TranscriptNeeds extends Pick<Runtime, 'log' | 'stage'> {
  readonly transcripts: TranscriptPort;
}

/** Of passed proofs without a walk, so many in a hundred. */
const keptPercent = 1;

/** Whether the transcript of a proof that was opened is kept. */
export const isKept = (proof: Proof): boolean =>
  proof.status === 'failed' ||
  hasWalk(proof) ||
  first4(sha256('poc/transcript', proof.id)) % 100 < keptPercent;

/** Hex digits of an opening's digest that tell it from all others of its proof. */
const namedDigits = 32;

/** The name of a proof's transcript: the date of its start, its id, and the digest of its opening. */
const transcriptNameOf = ({ id, t0Ms, openingDigest }: Proof): string => {
  const digest = present(openingDigest, `${id}: a transcript without an opening`);
  return `${dateAt(t0Ms)}/${id}-${digest.slice(0, namedDigits)}.json`;
};

/** Keeps the transcript if it has to be kept. Throws `platform.unavailable` where a strike has no evidence. */
export const keepTranscript = async (
  needs: TranscriptNeeds,
  judged: JudgedProof,
  opening: Pick<Opening, 'bytes' | 'device'>,
): Promise<void> => {
  const { proof } = judged;
  if (!isKept(proof)) return;
  try {
    const document = encodeTranscript(transcriptOf(needs, judged, opening));
    await needs.transcripts.put(transcriptNameOf(proof), JSON.stringify(document));
  } catch (cause) {
    needs.log.error('transcript.not_kept', { proof_id: proof.id, cause });
    if (isFraud(proof.reason)) {
      throw new AppError('platform.unavailable', { cause, retryAfterSeconds: 1 });
    }
  }
};

const transcriptOf = (
  { stage }: Pick<Runtime, 'stage'>,
  { proof, record }: JudgedProof,
  { device, bytes }: Pick<Opening, 'bytes' | 'device'>,
): ProofTranscript => {
  const timed = timedOf(proof);
  const { throughputPercentMin, bandwidthPercentMin } = policyOf(stage);
  const { claim, h1Signature, h2Signature, reason } = proof;
  return {
    purpose: proof.purpose,
    record,
    claim,
    signatures: {
      h1: bytesOfHex(h1Signature, signatureBytes),
      h2: h2Signature === null ? null : bytesOfHex(h2Signature, signatureBytes),
    },
    opening: bytes,
    times: timed.times,
    reference: timed.reference,
    percentages: { throughputPercentMin, bandwidthPercentMin },
    verdict: reason === null ? { verdict: 'passed' } : { verdict: 'failed', reason },
    metrics: metricsOf(timed),
    receipt: receiptOf(proof, device),
  };
};

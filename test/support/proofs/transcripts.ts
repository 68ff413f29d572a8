/** Transcripts as a platform would write them: verdict and metrics from the rules, receipts signed. */
import { sha256, toHex } from '../../../shared/proofs/protocol/bytes.ts';
import {
  decide,
  metricsOf,
  type ProofReference,
  type ProofTimes,
  protocolPercentages,
} from '../../../shared/proofs/protocol/decide.ts';
import { deriveH2, deriveSid } from '../../../shared/proofs/protocol/derivation.ts';
import { publicKeyOf } from '../../../shared/proofs/protocol/ed25519.ts';
import type { ProofParams } from '../../../shared/proofs/protocol/parameters.ts';
import { type Receipt, signReceipt } from '../../../shared/proofs/protocol/receipt.ts';
import { slotSeedOf } from '../../../shared/proofs/protocol/slot.ts';
import type { ProofTranscript } from '../../../shared/proofs/protocol/transcript.ts';
import { typescriptEngine } from '../../../shared/proofs/protocol/typescript-engine.ts';
import { type OpeningToVerify, verifyOpening } from '../../../shared/proofs/protocol/verify.ts';
import { signaturesOf } from './cheat.ts';
import { type TestDevice, testDevice } from './device.ts';
import type { Task } from './prover.ts';

/** The platform's key for receipts, and its public half as it is published. */
export const receiptSeed = sha256('receipts of tests');
export const receiptKeys = { 'poc-1': toHex(publicKeyOf(receiptSeed)) };

export const dayKey = sha256('day key of tests');
const slotId = '2026-10-01T21:20:00Z';
export const slotDevice: TestDevice = testDevice('of transcripts');

/** A task of a slot whose seed follows from `dayKey`. */
export const slotTask = (params: ProofParams): Task => ({
  sourceId: slotId,
  sourceSeed: slotSeedOf(dayKey, slotId),
  device: slotDevice,
  params,
});

const receiptOf = (transcript: Omit<ProofTranscript, 'receipt'>): Receipt => {
  const { purpose, record, claim, metrics, times } = transcript;
  const { mbps, poolBytes } = metrics;
  return signReceipt(
    {
      v: 1,
      kid: 'poc-1',
      public_id: 'a public id',
      device_pub: toHex(record.devicePub),
      purpose,
      ...(purpose === 'slot' ? { slot: record.sourceId } : { challenge: record.sourceId }),
      profile: record.params.profile,
      sid: toHex(deriveSid(record.sourceId, record.processorId)),
      h2: toHex(deriveH2(record.h1, record.walk)),
      model: claim.model,
      gops: metrics.gops,
      ...(mbps === null ? {} : { mbps }),
      ...(poolBytes === null ? {} : { pool_bytes: poolBytes }),
      at: times.t1,
    },
    receiptSeed,
  );
};

/** The transcript of a proof by `slotDevice`, for these times and this reference. */
export const transcriptOf = (
  proof: OpeningToVerify,
  timing: { readonly times: ProofTimes; readonly reference: ProofReference | null },
  purpose: ProofTranscript['purpose'] = 'slot',
): ProofTranscript => {
  const { record, opening } = proof;
  const timed = { params: record.params, ...timing };
  const opened = verifyOpening(proof, typescriptEngine);
  const verdict = opened.verdict === 'failed' ? opened : decide(timed);
  const transcript = {
    purpose,
    record,
    claim: slotDevice.claim,
    signatures: signaturesOf(proof),
    opening,
    ...timing,
    percentages: protocolPercentages,
    verdict,
    metrics: metricsOf(timed),
  };
  return { ...transcript, receipt: verdict.verdict === 'passed' ? receiptOf(transcript) : null };
};

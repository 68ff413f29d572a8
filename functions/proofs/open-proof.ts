/**
 * PUT /v1/proofs/{proof_id}/opening: the bytes that show the work. The request's signature comes first,
 * then the exact length, then everything else; the verdict ends the proof.
 */
import type * as z from 'zod';
import { AppError } from '../../shared/core/errors.ts';
import { sha256Hex } from '../../shared/core/hash.ts';
import type { Device } from '../../shared/devices/device.ts';
import { meaningOf } from '../../shared/proofs/message.ts';
import type { Proof } from '../../shared/proofs/proof.ts';
import type { proofParams } from '../../shared/proofs/proof-schemas.ts';
import { getProof } from '../../shared/proofs/proof-store.ts';
import { openingBytesOf } from '../../shared/proofs/protocol/opening.ts';
import { receiptOf } from '../../shared/proofs/receipt-fields.ts';
import { retryRefused } from '../kit/retry.ts';
import type { Call } from '../kit/route.ts';
import { endProof, refuseMessage } from './end-proof.ts';
import { type JudgedProof, type JudgeNeeds, judgeOpening, type Opening } from './judge-opening.ts';
import { keepTranscript, type TranscriptNeeds } from './keep-transcript.ts';
import { metricsToJson } from './proof-json.ts';

export type OpeningNeeds = JudgeNeeds & TranscriptNeeds;
type OpeningCall = Call<'device', z.output<typeof proofParams>, unknown, Uint8Array>;

export const openProof = async (needs: OpeningNeeds, call: OpeningCall) => {
  const { device } = call.caller;
  const { body: bytes, arrivedAtMs } = call;
  let digest: string | undefined;
  let judged: JudgedProof | undefined;
  return retryRefused(needs, async () => {
    const proof = await getProof(needs.database, device.id, call.params.proof_id);
    if (!proof) throw new AppError('proof.unknown');
    requireLength(proof, bytes);
    digest ??= sha256Hex(bytes);
    const meaning = meaningOf(proof, { phase: 'opening', content: digest, atMs: arrivedAtMs });
    if (meaning === 'replay') return answerOf(proof, device);
    if (meaning !== 'proceed') return refuseMessage(needs, proof, meaning);
    // Judged and kept once: when only the record or the device moved meanwhile, both are the same.
    judged ??= await judgeAndKeep(needs, proof, { device, bytes, digest, arrivedAtMs });
    await endProof(needs, proof, judged.proof);
    return answerOf(judged.proof, device);
  });
};

/** The verdict, with its transcript kept: before the end, so that no strike is without its evidence. */
const judgeAndKeep = async (
  needs: OpeningNeeds,
  proof: Proof,
  opening: Opening,
): Promise<JudgedProof> => {
  const judged = await judgeOpening(needs, proof, opening);
  await keepTranscript(needs, judged, opening);
  return judged;
};

const requireLength = (proof: Proof, bytes: Uint8Array): void => {
  const expected = openingBytesOf(proof.load.params);
  if (bytes.length === expected) return;
  throw new AppError('proof.length', {
    extra: { expected_bytes: expected, received_bytes: bytes.length },
  });
};

const answerOf = (proof: Proof, device: Device) => ({
  verdict: proof.status === 'passed' ? ('passed' as const) : ('failed' as const),
  ...(proof.reason === null ? {} : { reason: proof.reason }),
  metrics: metricsToJson(proof.metrics),
  receipt: receiptOf(proof, device),
});

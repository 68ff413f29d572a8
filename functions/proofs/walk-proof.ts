/**
 * POST /v1/proofs/{proof_id}/walk: the processor has walked its pool, commits to what the lanes left, and
 * gets the seed of the samples that it has to open.
 */
import type * as z from 'zod';
import { present } from '../../shared/core/assert.ts';
import { AppError } from '../../shared/core/errors.ts';
import { meaningOf } from '../../shared/proofs/message.ts';
import { policyOf } from '../../shared/proofs/policy.ts';
import { isFinal, type Proof } from '../../shared/proofs/proof.ts';
import type { proofParams, walkRequestSchema } from '../../shared/proofs/proof-schemas.ts';
import { getProof, putProof } from '../../shared/proofs/proof-store.ts';
import { bytesOfHex, toHex } from '../../shared/proofs/protocol/bytes.ts';
import { deriveH2 } from '../../shared/proofs/protocol/derivation.ts';
import { retryRefused } from '../kit/retry.ts';
import type { Call } from '../kit/route.ts';
import { type ProofNeeds, refuseMessage } from './end-proof.ts';
import { requireSigned } from './verify-signature.ts';

type WalkCall = Call<
  'device',
  z.output<typeof proofParams>,
  unknown,
  z.output<typeof walkRequestSchema>
>;

const seedBytes = 32;

export const walkProof = async (needs: ProofNeeds, call: WalkCall) => {
  const { device } = call.caller;
  return retryRefused(needs, async () => {
    const proof = await getProof(needs.database, device.id, call.params.proof_id);
    if (!proof) throw new AppError('proof.unknown');
    if (proof.walkSeed === null) throw new AppError(isFinal(proof) ? 'proof.final' : 'proof.phase');
    const { lane_root, signature } = call.body;
    const walk = { walkSeed: bytesOfHex(proof.walkSeed), laneRoot: bytesOfHex(lane_root) };
    requireSigned(device, deriveH2(bytesOfHex(proof.h1), walk), signature);
    const message = { phase: 'walk', content: lane_root, atMs: call.arrivedAtMs } as const;
    const meaning = meaningOf(proof, message);
    if (meaning === 'replay') return answerOf(proof);
    if (meaning !== 'proceed') return refuseMessage(needs, proof, meaning);
    const walked = {
      ...proof,
      status: 'walked',
      laneRoot: lane_root,
      h2Signature: signature,
      t2Ms: call.arrivedAtMs,
      sampleSeed: toHex(needs.randomness.bytes(seedBytes)),
      deadlineMs: needs.clock.nowMs() + policyOf(needs.stage).openingMs,
    } as const satisfies Proof;
    await needs.database.write(putProof(walked, proof));
    return answerOf(walked);
  });
};

const answerOf = ({ id, sampleSeed }: Proof) => ({
  sample_seed: present(sampleSeed, `${id}: walked without samples`),
});

/** Proofs and challenges as they are answered. */
import type * as z from 'zod';
import { isoOf, isoOrNull } from '../../shared/core/time.ts';
import { type Challenge, commitUntilMs } from '../../shared/proofs/challenge.ts';
import type { Proof, ProofMetrics } from '../../shared/proofs/proof.ts';
import type { challengeSchema, proofSchema } from '../../shared/proofs/proof-schemas.ts';

export const metricsToJson = (metrics: ProofMetrics | null) =>
  metrics && {
    gops: metrics.gops,
    mbps: metrics.mbps,
    pool_bytes: metrics.poolBytes,
    eff_c_ppm: metrics.effCPpm,
    eff_b_ppm: metrics.effBPpm,
  };

export const proofToJson = (proof: Proof): z.input<typeof proofSchema> => {
  const bySlot = proof.purpose === 'slot';
  return {
    id: proof.id,
    object: 'proof',
    device_id: proof.deviceId,
    processor_id: proof.processorId,
    model: proof.claim.model,
    purpose: proof.purpose,
    slot: bySlot ? proof.sourceId : null,
    challenge_id: bySlot ? null : proof.sourceId,
    params: proof.load.params,
    status: proof.status,
    status_reason: proof.reason,
    metrics: metricsToJson(proof.metrics),
    started_at: isoOf(proof.t0Ms),
    committed_at: isoOf(proof.t1Ms),
    walked_at: isoOrNull(proof.t2Ms),
    opened_at: isoOrNull(proof.t3Ms),
  };
};

export const challengeToJson = (challenge: Challenge): z.input<typeof challengeSchema> => ({
  id: challenge.id,
  object: 'challenge',
  purpose: challenge.purpose,
  device_id: challenge.deviceId,
  processor_id: challenge.processorId,
  params: challenge.load.params,
  status: challenge.status,
  issued_at: isoOf(challenge.t0Ms),
  commit_until: isoOf(commitUntilMs(challenge)),
});

/** What crosses the boundary about proofs: the three messages of a prover, challenges, and what became of them. */
import * as z from 'zod';
import { idSchema } from '../core/ids.ts';
import { isoSchema, pageQuery } from '../core/wire.ts';
import { challengeStatuses } from './challenge.ts';
import { callOutcomes, gateReasons } from './gate.ts';
import { proofStatuses } from './proof.ts';
import { receiptSchema } from './protocol/transcript.ts';
import {
  challengePurposes,
  hex32Schema,
  hex64Schema,
  profileSchema,
  proofClaimSchema,
  proofParametersSchema,
  proofPurposes,
  proofReasonSchema,
} from './schemas.ts';

/** POST /v1/proofs. */
export const commitRequestSchema = z
  .strictObject({
    /** The slot that called the processor, or ... */
    slot: z.string().max(32).optional(),
    /** ... the challenge that it answers: exactly one of the two. */
    challenge_id: idSchema('chl').optional(),
    processor_id: idSchema('prc'),
    profile: profileSchema,
    params_hash: hex32Schema,
    claim_hash: hex32Schema,
    h1: hex32Schema,
    /** Of h1, by the device's key. */
    signature: hex64Schema,
  })
  .refine(({ slot, challenge_id }) => (slot === undefined) !== (challenge_id === undefined), {
    message: 'name a slot or a challenge_id, and not both',
    path: ['slot'],
  })
  .meta({ id: 'CommitProof' });

/** With a walk the seed of the walk, without one the seed of the samples. */
export const commitAnswerSchema = z
  .strictObject({
    id: idSchema('poc'),
    walk_seed: hex32Schema.optional(),
    sample_seed: hex32Schema.optional(),
  })
  .meta({ id: 'CommittedProof' });

/** POST /v1/proofs/{proof_id}/walk. */
export const walkRequestSchema = z
  .strictObject({
    lane_root: hex32Schema,
    /** Of h2, by the device's key. */
    signature: hex64Schema,
  })
  .meta({ id: 'WalkProof' });

export const walkAnswerSchema = z
  .strictObject({ sample_seed: hex32Schema })
  .meta({ id: 'WalkedProof' });

/** Whole numbers, rounded down. */
export const proofMetricsSchema = z
  .strictObject({
    /** 10^9 operations per second. */
    gops: z.int(),
    /** 10^6 bytes per second; null without a walk, as the pool. */
    mbps: z.int().nullable(),
    pool_bytes: z.int().nullable(),
    /** Millionths of the reference; null without one. */
    eff_c_ppm: z.int().nullable(),
    eff_b_ppm: z.int().nullable(),
  })
  .meta({ id: 'ProofMetrics' });

/** What is signed when a proof has passed; `signature` is of all other members. */
export const proofReceiptSchema = receiptSchema.meta({ id: 'ProofReceipt' });

/** PUT /v1/proofs/{proof_id}/opening. */
export const openingAnswerSchema = z
  .strictObject({
    verdict: z.enum(['passed', 'failed']),
    /** Where it failed. */
    reason: proofReasonSchema.optional(),
    metrics: proofMetricsSchema.nullable(),
    /** Where it passed. */
    receipt: proofReceiptSchema.nullable(),
  })
  .meta({ id: 'ProofVerdict' });

/** Members that the refusal `proof.assignment_changed` brings with it: the work that is asked for. */
export const changedAssignmentSchema = z.object({
  profile: profileSchema,
  params: proofParametersSchema,
  params_hash: hex32Schema,
  claim: proofClaimSchema,
  claim_hash: hex32Schema,
});

export const proofSchema = z
  .strictObject({
    id: idSchema('poc'),
    object: z.literal('proof'),
    device_id: idSchema('dev'),
    processor_id: idSchema('prc'),
    model: z.string(),
    purpose: z.enum(proofPurposes),
    slot: z.string().nullable(),
    challenge_id: z.string().nullable(),
    params: proofParametersSchema,
    status: z.enum(proofStatuses),
    status_reason: proofReasonSchema.nullable(),
    metrics: proofMetricsSchema.nullable(),
    /** Opening of the slot, or the issue of the challenge. */
    started_at: isoSchema,
    committed_at: isoSchema,
    walked_at: isoSchema.nullable(),
    opened_at: isoSchema.nullable(),
  })
  .meta({ id: 'Proof' });

export const proofParams = z.strictObject({ proof_id: idSchema('poc') });

/** GET /v1/proofs. */
export const listProofsQuery = z.strictObject({ device_id: idSchema('dev'), ...pageQuery });

/** GET /v1/proofs/hours: of the device's last hours, so many. */
export const listProofHoursQuery = z.strictObject({
  device_id: idSchema('dev'),
  hours: z.coerce.number().int().min(1).max(48).default(24),
});

/** An hour of one processor. */
export const proofHourSchema = z
  .strictObject({
    object: z.literal('proof_hour'),
    /** Its start. */
    hour: isoSchema,
    device_id: idSchema('dev'),
    processor_id: idSchema('prc'),
    passed: z.boolean(),
    /** Null where it passed, as the next two. */
    reason_code: z.enum(gateReasons).nullable(),
    says: z.string().nullable(),
    remedy: z.string().nullable(),
    calls: z.array(
      z.strictObject({
        at: isoSchema,
        source: z.enum(['slot', 'challenge']),
        profile: profileSchema,
        roll_call: z.boolean(),
        outcome: z.enum(callOutcomes),
      }),
    ),
  })
  .meta({ id: 'ProofHour' });

/** POST /v1/proofs/challenges. */
export const createChallengeSchema = z
  .strictObject({ device_id: idSchema('dev') })
  .meta({ id: 'ChallengeDevice' });

export const challengeSchema = z
  .strictObject({
    id: idSchema('chl'),
    object: z.literal('challenge'),
    purpose: z.enum(challengePurposes),
    device_id: idSchema('dev'),
    processor_id: idSchema('prc'),
    params: proofParametersSchema,
    status: z.enum(challengeStatuses),
    issued_at: isoSchema,
    /** A commitment is refused from then on. */
    commit_until: isoSchema,
  })
  .meta({ id: 'Challenge' });

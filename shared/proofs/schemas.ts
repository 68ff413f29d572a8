/**
 * What crosses the boundary about proofs: the parts that commands, requests and answers share. Digests,
 * seeds, keys and signatures are lower-case hex of exact length; anything else is refused.
 */
import * as z from 'zod';
import type { ProofClaim } from './protocol/claim.ts';
import type { ProofParams } from './protocol/parameters.ts';
import { type ProofReason, proofReasons } from './protocol/verdict.ts';

export type { ProofReason };

/** 32 bytes: a digest, a seed, a public key. */
export const hex32Schema = z
  .string()
  .regex(/^[0-9a-f]{64}$/, '64 lower-case hexadecimal digits')
  .meta({ id: 'Hex32' });

/** 64 bytes: an Ed25519 signature. */
export const hex64Schema = z
  .string()
  .regex(/^[0-9a-f]{128}$/, '128 lower-case hexadecimal digits')
  .meta({ id: 'Hex64' });

/** Why a proof is asked for: a slot calls everybody alike, the others are challenges of one processor. */
export const challengePurposes = ['onboarding', 'acceptance', 'recheck'] as const;
export const proofPurposes = ['slot', ...challengePurposes] as const;

export type ChallengePurpose = (typeof challengePurposes)[number];
export type ProofPurpose = (typeof proofPurposes)[number];

/** Micro, light, full. */
export const profileSchema = z.union([z.literal(0), z.literal(1), z.literal(2)]);

/** The work of one proof (docs/proof-of-compute.md): shape, rounds, pool, walk, samples. */
export const proofParametersSchema = z
  .strictObject({
    profile: profileSchema,
    n: z.int().min(64).max(32_768),
    k: z.int().min(64).max(65_536),
    R: z.int().min(1).max(8_192),
    P: z.int().min(0).max(8_192),
    L: z
      .int()
      .min(0)
      .max(2 ** 31),
    S: z.int().min(0).max(65_536),
    K: z.int().min(1).max(65_536),
    q: z.int().min(0).max(65_536),
  })
  .meta({ id: 'ProofParameters' }) satisfies z.ZodType<ProofParams>;

/** What a processor is said to be, as the platform has recorded it; strings are empty where there is none. */
export const proofClaimSchema = z
  .strictObject({
    backend: z.string(),
    driver: z.string(),
    gpu_uuid: z.string(),
    kind: z.string(),
    memory_bytes: z.int().min(0),
    model: z.string(),
    pci_id: z.string(),
    processor_id: z.string(),
  })
  .meta({ id: 'ProofClaim' }) satisfies z.ZodType<ProofClaim>;

/** Why a proof failed, in the order in which the reasons are looked for. */
export const proofReasonSchema = z.enum(proofReasons);

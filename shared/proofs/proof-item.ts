/** The stored form of a proof and of what it measures against: attributes, both ways. */
import * as z from 'zod';
import type { Item } from '../core/database.ts';
import { storedId, wholeNumber } from '../core/field.ts';
import type { Id } from '../core/ids.ts';
import { dayMs, secondMs } from '../core/time.ts';
import { proofPartition } from './keys.ts';
import { assertProof, hasWalk, type Proof, type ProofLoad, proofStatuses } from './proof.ts';
import type { ProofClaim } from './protocol/claim.ts';
import { proofParametersSchema, proofPurposes, proofReasonSchema } from './schemas.ts';
import { isFraud } from './strike.ts';

/**
 * Numbers of a load in this order: profile n k R P L S K q, commit and walk limits; then, unless it only
 * measures, gops cap mbps memory (-1 for none). One list, because names would make every proof a unit dearer.
 */
const storedLoad = z.array(wholeNumber).min(11).max(15);

export const loadAttribute = ({ params, reference, ...limits }: ProofLoad): readonly number[] => [
  params.profile,
  params.n,
  params.k,
  params.R,
  params.P,
  params.L,
  params.S,
  params.K,
  params.q,
  limits.commitWithinMs,
  limits.walkWithinMs,
  ...(reference
    ? [reference.gops, reference.capGops ?? -1, reference.mbps, reference.memoryBytes ?? -1]
    : []),
];

/** The load in a stored list of numbers. */
export const loadSchema = storedLoad.transform((numbers): ProofLoad => {
  const [profile, n, k, R, P, L, S, K, q, commitWithinMs = 0, walkWithinMs = 0, ...rest] = numbers;
  const [gops, capGops, mbps, memory] = rest;
  return {
    params: proofParametersSchema.parse({ profile, n, k, R, P, L, S, K, q }),
    commitWithinMs,
    walkWithinMs,
    reference:
      gops === undefined || capGops === undefined || mbps === undefined || memory === undefined
        ? null
        : {
            gops,
            capGops: capGops < 0 ? null : capGops,
            mbps,
            memoryBytes: memory < 0 ? null : memory,
          },
  };
});

/**
 * A claim in this order: backend driver gpu_uuid kind memory_bytes model pci_id. Its processor's id stands
 * beside it, and its hash follows from it.
 */
const storedClaim = z.tuple([
  z.string(),
  z.string(),
  z.string(),
  z.string(),
  wholeNumber,
  z.string(),
  z.string(),
]);

export const claimAttribute = (claim: ProofClaim): readonly (string | number)[] => [
  claim.backend,
  claim.driver,
  claim.gpu_uuid,
  claim.kind,
  claim.memory_bytes,
  claim.model,
  claim.pci_id,
];

/** The claim in a stored list; `processor_id` is added by whoever reads the item. */
export const claimSchema = storedClaim.transform(
  ([backend, driver, gpu_uuid, kind, memory_bytes, model, pci_id]): Omit<
    ProofClaim,
    'processor_id'
  > => ({ backend, driver, gpu_uuid, kind, memory_bytes, model, pci_id }),
);

const stored = z.object({
  id: storedId<Id<'poc'>>(),
  device: storedId<Id<'dev'>>(),
  organisation: storedId<Id<'org'>>(),
  processor: storedId<Id<'prc'>>(),
  purpose: z.enum(proofPurposes),
  source: z.string(),
  load: loadSchema,
  claim: claimSchema,
  state: z.enum(proofStatuses),
  reason: proofReasonSchema.optional(),
  t0: wholeNumber,
  t1: wholeNumber,
  t1b: wholeNumber,
  t2: wholeNumber.optional(),
  t3: wholeNumber.optional(),
  deadline: wholeNumber,
  h1: z.string(),
  h1_by: z.string(),
  h2_by: z.string().optional(),
  walk_seed: z.string().optional(),
  lane_root: z.string().optional(),
  sample_seed: z.string().optional(),
  opening: z.string().optional(),
  gops: wholeNumber.optional(),
  mbps: wholeNumber.optional(),
  pool: wholeNumber.optional(),
  eff_c: wholeNumber.optional(),
  eff_b: wholeNumber.optional(),
  kid: z.string().optional(),
  signature: z.string().optional(),
});

/** 32 or 64 bytes stand as base64url, a third shorter than the hex of the wire. */
const toStored = (hex: string): string => Buffer.from(hex, 'hex').toString('base64url');
const toHex = (text: string): string => Buffer.from(text, 'base64url').toString('hex');
const optional = (hex: string | null): string | undefined =>
  hex === null ? undefined : toStored(hex);
const hexOrNull = (text: string | undefined): string | null =>
  text === undefined ? null : toHex(text);

/** The proof in its item. */
export const parseProof = (item: Item): Proof => {
  const row = stored.parse(item);
  return assertProof({
    id: row.id,
    deviceId: row.device,
    organisationId: row.organisation,
    processorId: row.processor,
    purpose: row.purpose,
    sourceId: row.source,
    load: row.load,
    claim: { ...row.claim, processor_id: row.processor },
    status: row.state,
    reason: row.reason ?? null,
    t0Ms: row.t0,
    t1Ms: row.t1,
    t1bMs: row.t1b,
    t2Ms: row.t2 ?? null,
    t3Ms: row.t3 ?? null,
    deadlineMs: row.deadline,
    h1: toHex(row.h1),
    h1Signature: toHex(row.h1_by),
    h2Signature: hexOrNull(row.h2_by),
    walkSeed: hexOrNull(row.walk_seed),
    laneRoot: hexOrNull(row.lane_root),
    sampleSeed: hexOrNull(row.sample_seed),
    openingDigest: hexOrNull(row.opening),
    metrics:
      row.gops === undefined
        ? null
        : {
            gops: row.gops,
            mbps: row.mbps ?? null,
            poolBytes: row.pool ?? null,
            effCPpm: row.eff_c ?? null,
            effBPpm: row.eff_b ?? null,
          },
    receipt:
      row.kid === undefined || row.signature === undefined
        ? null
        : { kid: row.kid, signature: toHex(row.signature) },
  });
};

/** Light proofs are kept as long as their transcripts: by then the gates of their hours are all that counts. */
const lightKeptMs = 30 * dayMs;

/** Full proofs, what answers a challenge, and what was a strike. */
const keptForEver = (proof: Proof): boolean =>
  hasWalk(proof) || proof.purpose !== 'slot' || isFraud(proof.reason);

/** The attributes of its item, its place in the index among them. */
export const proofAttributes = (proof: Proof) => ({
  id: proof.id,
  device: proof.deviceId,
  organisation: proof.organisationId,
  processor: proof.processorId,
  purpose: proof.purpose,
  source: proof.sourceId,
  load: loadAttribute(proof.load),
  claim: claimAttribute(proof.claim),
  state: proof.status,
  reason: proof.reason ?? undefined,
  t0: proof.t0Ms,
  t1: proof.t1Ms,
  t1b: proof.t1bMs,
  t2: proof.t2Ms ?? undefined,
  t3: proof.t3Ms ?? undefined,
  deadline: proof.deadlineMs,
  h1: toStored(proof.h1),
  h1_by: toStored(proof.h1Signature),
  h2_by: optional(proof.h2Signature),
  walk_seed: optional(proof.walkSeed),
  lane_root: optional(proof.laneRoot),
  sample_seed: optional(proof.sampleSeed),
  opening: optional(proof.openingDigest),
  gops: proof.metrics?.gops,
  mbps: proof.metrics?.mbps ?? undefined,
  pool: proof.metrics?.poolBytes ?? undefined,
  eff_c: proof.metrics?.effCPpm ?? undefined,
  eff_b: proof.metrics?.effBPpm ?? undefined,
  kid: proof.receipt?.kid,
  signature: optional(proof.receipt?.signature ?? null),
  proof_pk: proofPartition(proof.id),
  proof_sk: proof.deviceId,
  expires_at_s: keptForEver(proof) ? undefined : Math.floor((proof.t0Ms + lightKeptMs) / secondMs),
});

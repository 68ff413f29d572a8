/**
 * A proof: one run of poc/1 for one processor, from its commitment to its verdict. Its id follows from
 * where its seed came from and from the processor, so there is at most one per slot or challenge and
 * processor, whoever writes it. States only move forward: committed, walked (full proofs), final.
 */
import { assert } from '../core/assert.ts';
import { type Id, newId } from '../core/ids.ts';
import type { ProofClaim } from './protocol/claim.ts';
import type { ProofMetrics, ProofReference } from './protocol/decide.ts';
import { deriveSid } from './protocol/derivation.ts';
import { type ProofParams, hasWalk as walks } from './protocol/parameters.ts';
import type { ProofPurpose, ProofReason } from './schemas.ts';

export const proofStatuses = ['committed', 'walked', 'passed', 'failed'] as const;

export type ProofStatus = (typeof proofStatuses)[number];

export type { ProofMetrics, ProofReference };

/** How much work a proof is, how long it may take, and what it is measured against. */
export interface ProofLoad {
  readonly params: ProofParams;
  /** From t0 on: a commitment is refused from then on. */
  readonly commitWithinMs: number;
  /** From the storing of the walk's seed on; 0 without a walk. */
  readonly walkWithinMs: number;
  /** Null for a run that only measures. */
  readonly reference: ProofReference | null;
}

export interface Proof {
  readonly id: Id<'poc'>;
  readonly deviceId: Id<'dev'>;
  readonly organisationId: Id<'org'>;
  readonly processorId: Id<'prc'>;
  readonly purpose: ProofPurpose;
  /** The slot's id or the challenge's. */
  readonly sourceId: string;
  readonly load: ProofLoad;
  /** What the processor was said to be when it committed, whatever its device reports since. */
  readonly claim: ProofClaim;
  readonly status: ProofStatus;
  readonly reason: ProofReason | null;
  /** Opening of the slot, or the clock before the challenge was stored. */
  readonly t0Ms: number;
  /** Arrival of the commitment. */
  readonly t1Ms: number;
  /** The clock before the commitment was stored, with the seed that answers it. */
  readonly t1bMs: number;
  /** Arrival of the walk's end; null before it and without a walk. */
  readonly t2Ms: number | null;
  /** Arrival of the opening. */
  readonly t3Ms: number | null;
  /** When the next message is refused; of a final proof, of its last phase. */
  readonly deadlineMs: number;
  readonly h1: string;
  /** The device's own, of h1 and of h2 (null without a walk): what a transcript shows. */
  readonly h1Signature: string;
  readonly h2Signature: string | null;
  readonly walkSeed: string | null;
  readonly laneRoot: string | null;
  readonly sampleSeed: string | null;
  /** SHA-256 of the opening's bytes. */
  readonly openingDigest: string | null;
  readonly metrics: ProofMetrics | null;
  /** Of the receipt, which follows from the proof and its device: the key's id and the signature. */
  readonly receipt: { readonly kid: string; readonly signature: string } | null;
}

/** The proof of this processor in this slot (`YYYY-MM-DDTHH:MM:SSZ`) or challenge; `t0Ms` is its start. */
export const proofIdOf = (source: {
  readonly sourceId: string;
  readonly processorId: string;
  readonly t0Ms: number;
}): Id<'poc'> => {
  const digest = deriveSid(source.sourceId, source.processorId);
  return newId('poc', source.t0Ms, { bytes: (count) => digest.subarray(0, count) });
};

/** Whether nothing more can happen to it. */
export const isFinal = ({ status }: Proof): boolean => status === 'passed' || status === 'failed';

/** Whether it has a walk, and so tests memory: a full proof. */
export const hasWalk = ({ load }: Pick<Proof, 'load'>): boolean => walks(load.params);

/** Holds for every proof, before it is written and after it was read; a breach is a bug. */
export const assertProof = (proof: Proof): Proof => {
  const { id, status, claim } = proof;
  assert(claim.processor_id === proof.processorId, `${id}: ${claim.processor_id} is another one`);
  assert((proof.reason !== null) === (status === 'failed'), `${id}: ${status}, ${proof.reason}`);
  assert((proof.walkSeed !== null) === hasWalk(proof), `${id}: a walk's seed without a walk`);
  assert(status !== 'walked' || proof.laneRoot !== null, `${id}: walked without a result`);
  assert(status !== 'passed' || proof.openingDigest !== null, `${id}: passed unopened`);
  assert(
    (proof.sampleSeed !== null) === (!hasWalk(proof) || proof.laneRoot !== null),
    `${id}: samples drawn out of turn`,
  );
  return proof;
};

/** The proof as it ends without a verdict on an opening. */
export const failedProof = (proof: Proof, reason: 'expired' | 'phase_conflict'): Proof =>
  assertProof({ ...proof, status: 'failed', reason });

/** One proof from its task to the verifier's door: what a platform would have on record, and the opening. */
import { claimHashOf } from '../../../shared/proofs/protocol/claim.ts';
import { hasWalk } from '../../../shared/proofs/protocol/parameters.ts';
import type { OpeningToVerify, ProofRecord } from '../../../shared/proofs/protocol/verify.ts';
import type { Chance } from './chance.ts';
import { Prover, type Task, type Tricks, type Walked } from './prover.ts';

/** What the platform draws. */
export interface Draws {
  readonly walkSeed: Uint8Array;
  readonly sampleSeed: Uint8Array;
}

export const drawsOf = (chance: Chance): Draws => ({
  walkSeed: chance.bytes(32),
  sampleSeed: chance.bytes(32),
});

/** The platform's record of a proof, as it stands when the samples are drawn. */
export const recordOf = (prover: Prover, walked: Walked | null, draws: Draws): ProofRecord => {
  const { sourceId, sourceSeed, device, params } = prover.task;
  return {
    sourceId,
    sourceSeed,
    devicePub: device.publicKey,
    processorId: device.claim.processor_id,
    claimHash: claimHashOf(device.claim),
    params,
    h1: prover.h1,
    walk: walked?.commitment ?? null,
    sampleSeed: draws.sampleSeed,
  };
};

/** Walks and opens what the prover has committed to. */
export const answer = (prover: Prover, draws: Draws): OpeningToVerify => {
  const walked = hasWalk(prover.task.params) ? prover.walk(draws.walkSeed) : null;
  return {
    record: recordOf(prover, walked, draws),
    signatures: { h1: prover.h1Signature, h2: walked?.h2Signature ?? null },
    opening: Buffer.concat(prover.sections(draws.sampleSeed, walked)),
  };
};

/** One proof from beginning to end. */
export const play = (task: Task, chance: Chance, tricks: Tricks = {}): OpeningToVerify =>
  answer(new Prover(task, tricks, chance), drawsOf(chance));

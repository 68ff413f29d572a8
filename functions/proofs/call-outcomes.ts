/**
 * What became of the slots that called a processor: its proofs, found by the ids that follow from slot and
 * processor. One that stopped half-way is ended here, for nothing else looks at it.
 */
import { assert } from '../../shared/core/assert.ts';
import type { CallOutcome } from '../../shared/proofs/gate.ts';
import type { ProcessorRecord } from '../../shared/proofs/processor-record.ts';
import { failedProof, isFinal, type Proof, proofIdOf } from '../../shared/proofs/proof.ts';
import { getProof, getProofs } from '../../shared/proofs/proof-store.ts';
import { slotIdAt } from '../../shared/proofs/protocol/slot.ts';
import { retryRefused } from '../kit/retry.ts';
import { endProof, type ProofNeeds } from './end-proof.ts';

/** The outcome of each answered slot among these, by its opening; a call without one was missed. */
export const outcomesOf = async (
  needs: ProofNeeds,
  { deviceId, processorId }: ProcessorRecord,
  opensAtMs: readonly number[],
): Promise<ReadonlyMap<number, CallOutcome>> => {
  const ids = opensAtMs.map((t0Ms) => proofIdOf({ sourceId: slotIdAt(t0Ms), processorId, t0Ms }));
  const outcomes = new Map<number, CallOutcome>();
  for (const proof of await getProofs(needs.database, deviceId, ids)) {
    const { status, reason, t0Ms } = isFinal(proof) ? proof : await expire(needs, proof);
    if (status === 'passed') outcomes.set(t0Ms, 'passed');
    else outcomes.set(t0Ms, reason === 'expired' ? 'expired' : 'failed');
  }
  return outcomes;
};

/** Ends a proof that stopped half-way; whoever ended it meanwhile was first. */
const expire = (needs: ProofNeeds, { deviceId, id }: Proof): Promise<Proof> =>
  retryRefused(needs, async () => {
    const proof = await getProof(needs.database, deviceId, id);
    assert(proof, `${id} is gone`);
    if (isFinal(proof)) return proof;
    assert(proof.deadlineMs <= needs.clock.nowMs(), `${id} still runs as its hour is judged`);
    const after = failedProof(proof, 'expired');
    await endProof(needs, proof, after);
    return after;
  });

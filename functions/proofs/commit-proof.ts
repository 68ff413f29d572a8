/**
 * POST /v1/proofs: a processor commits to the work of a slot or a challenge, and gets the seed of what it
 * has to show next. One commitment per source and processor: the proof's id says both, and it is put if
 * absent, with its seed, so that no repetition ever draws another one.
 */
import { assert } from '../../shared/core/assert.ts';
import type { Write } from '../../shared/core/database.ts';
import { AppError } from '../../shared/core/errors.ts';
import { meaningOf } from '../../shared/proofs/message.ts';
import { policyOf } from '../../shared/proofs/policy.ts';
import { type Processor, processorsOf } from '../../shared/proofs/processor.ts';
import { type Proof, proofIdOf } from '../../shared/proofs/proof.ts';
import { getProof, putNewProof } from '../../shared/proofs/proof-store.ts';
import { bytesOfHex, toHex } from '../../shared/proofs/protocol/bytes.ts';
import { claimHashOf } from '../../shared/proofs/protocol/claim.ts';
import { hasWalk, paramsHashOf } from '../../shared/proofs/protocol/parameters.ts';
import { retryRefused } from '../kit/retry.ts';
import { commit } from '../kit/transaction.ts';
import { type ProofNeeds, refuseMessage } from './end-proof.ts';
import { type CommitCall, type ProofSource, requireSource } from './proof-source.ts';
import { requireSigned } from './verify-signature.ts';

/** 32 random bytes, as every seed. */
const seedBytes = 32;

export const commitProof = async (needs: ProofNeeds, call: CommitCall) => {
  const { device } = call.caller;
  const { h1, signature, processor_id } = call.body;
  requireSigned(device, bytesOfHex(h1), signature);
  const processor = processorsOf(device).find(({ id }) => id === processor_id);
  if (!processor) throw new AppError('proof.unknown_processor');
  return retryRefused(needs, async () => {
    const source = await requireSource(needs, call, processor);
    const id = proofIdOf({ ...source, processorId: processor.id });
    const stored = await getProof(needs.database, device.id, id);
    if (!stored) return answerOf(await accept(needs, call, processor, source));
    const message = { phase: 'commit', content: h1, atMs: call.arrivedAtMs } as const;
    const meaning = meaningOf(stored, message);
    if (meaning === 'replay') return answerOf(stored);
    assert(meaning !== 'proceed', `${id} is stored without its commitment`);
    return refuseMessage(needs, stored, meaning);
  });
};

const accept = async (
  needs: ProofNeeds,
  call: CommitCall,
  processor: Processor,
  source: ProofSource,
): Promise<Proof> => {
  const { claim, load } = await source.work();
  if (call.arrivedAtMs >= source.t0Ms + load.commitWithinMs) throw new AppError('proof.too_late');
  const { params } = load;
  const params_hash = toHex(paramsHashOf(params));
  const claim_hash = toHex(claimHashOf(claim));
  const { body } = call;
  const agreed =
    body.profile === params.profile &&
    body.params_hash === params_hash &&
    body.claim_hash === claim_hash;
  if (!agreed) {
    throw new AppError('proof.assignment_changed', {
      extra: { profile: params.profile, params, params_hash, claim, claim_hash },
    });
  }
  const seed = toHex(needs.randomness.bytes(seedBytes));
  const walks = hasWalk(params);
  // From here on the walk is timed: nothing but the put may come between.
  const t1bMs = needs.clock.nowMs();
  const proof: Proof = {
    id: proofIdOf({ ...source, processorId: processor.id }),
    deviceId: processor.deviceId,
    organisationId: call.caller.organisationId,
    processorId: processor.id,
    purpose: source.purpose,
    sourceId: source.sourceId,
    load,
    claim,
    status: 'committed',
    reason: null,
    t0Ms: source.t0Ms,
    t1Ms: call.arrivedAtMs,
    t1bMs,
    t2Ms: null,
    t3Ms: null,
    deadlineMs: t1bMs + (walks ? load.walkWithinMs : policyOf(needs.stage).openingMs),
    h1: body.h1,
    h1Signature: body.signature,
    h2Signature: null,
    walkSeed: walks ? seed : null,
    laneRoot: null,
    sampleSeed: walks ? null : seed,
    openingDigest: null,
    metrics: null,
    receipt: null,
  };
  await write(needs, [putNewProof(proof), ...source.answeredBy(proof.id)]);
  return proof;
};

/** A slot's commitment is one write, which costs half of a transaction's. */
const write = async (needs: ProofNeeds, writes: readonly Write[]): Promise<void> => {
  const [only, ...more] = writes;
  if (only && more.length === 0) await needs.database.write(only);
  else await commit(needs, writes);
};

const answerOf = ({ id, walkSeed, sampleSeed }: Proof) => {
  if (walkSeed !== null) return { id, walk_seed: walkSeed };
  return { id, ...(sampleSeed === null ? {} : { sample_seed: sampleSeed }) };
};

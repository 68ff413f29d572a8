/**
 * The verdict on an opening: the bytes by the verifier, the times by the policy, what was measured, and
 * the receipt of a pass, signed in process. Writes nothing; the same opening always gets the same verdict.
 */
import { present } from '../../shared/core/assert.ts';
import type { Device } from '../../shared/devices/device.ts';
import { getChallenge } from '../../shared/proofs/challenge-store.ts';
import { policyOf } from '../../shared/proofs/policy.ts';
import { assertProof, hasWalk, type Proof } from '../../shared/proofs/proof.ts';
import { bytesOfHex } from '../../shared/proofs/protocol/bytes.ts';
import { claimHashOf } from '../../shared/proofs/protocol/claim.ts';
import { decide, metricsOf, type Timed } from '../../shared/proofs/protocol/decide.ts';
import type { ProofEngine } from '../../shared/proofs/protocol/engine.ts';
import { signReceipt } from '../../shared/proofs/protocol/receipt.ts';
import { type ProofRecord, verifyOpening } from '../../shared/proofs/protocol/verify.ts';
import { receiptFieldsOf } from '../../shared/proofs/receipt-fields.ts';
import { seedOfSlot } from './day-keys.ts';
import type { ProofNeeds } from './end-proof.ts';
import { currentReceiptKey, type ReceiptKeyNeeds } from './receipt-keys.ts';
import { publicKeyOf } from './verify-signature.ts';

export interface JudgeNeeds extends ProofNeeds, ReceiptKeyNeeds {
  readonly engine: ProofEngine;
}

export interface Opening {
  readonly device: Device;
  /** Of exactly the length that follows from the parameters. */
  readonly bytes: Uint8Array;
  /** SHA-256 of the bytes, hex. */
  readonly digest: string;
  readonly arrivedAtMs: number;
}

export interface JudgedProof {
  /** The proof as it ends. */
  readonly proof: Proof;
  /** What the verdict was given on. */
  readonly record: ProofRecord;
}

/** The proof as this opening ends it. */
export const judgeOpening = async (
  needs: JudgeNeeds,
  proof: Proof,
  { device, bytes, digest, arrivedAtMs }: Opening,
): Promise<JudgedProof> => {
  const record = recordOf(proof, publicKeyOf(device), await sourceSeedOf(needs, proof));
  const timed = timedOf(proof);
  const opened = verifyOpening({ record, signatures: 'checked', opening: bytes }, needs.engine);
  const verdict = opened.verdict === 'failed' ? opened : decide(timed, policyOf(needs.stage));
  const ended = {
    ...proof,
    t3Ms: arrivedAtMs,
    openingDigest: digest,
    metrics: metricsOf(timed),
    status: verdict.verdict,
    reason: verdict.verdict === 'failed' ? verdict.reason : null,
  };
  if (verdict.verdict === 'failed') return { proof: assertProof(ended), record };
  const { kid, seed } = await currentReceiptKey(needs);
  const { signature } = signReceipt(receiptFieldsOf(ended, device, kid), seed);
  return { proof: assertProof({ ...ended, receipt: { kid, signature } }), record };
};

/** The times of a proof as its verdict takes them. */
export const timedOf = ({ load, t0Ms, t1Ms, t1bMs, t2Ms }: Proof): Timed => ({
  params: load.params,
  reference: load.reference,
  times: { t0: t0Ms, t1: t1Ms, t1b: hasWalk({ load }) ? t1bMs : null, t2: t2Ms },
});

const recordOf = (proof: Proof, devicePub: Uint8Array, sourceSeed: Uint8Array): ProofRecord => {
  const { walkSeed, laneRoot } = proof;
  return {
    sourceId: proof.sourceId,
    sourceSeed,
    devicePub,
    processorId: proof.processorId,
    claimHash: claimHashOf(proof.claim),
    params: proof.load.params,
    h1: bytesOfHex(proof.h1),
    walk:
      walkSeed === null || laneRoot === null
        ? null
        : { walkSeed: bytesOfHex(walkSeed), laneRoot: bytesOfHex(laneRoot) },
    sampleSeed: bytesOfHex(present(proof.sampleSeed, `${proof.id}: no samples were drawn`)),
  };
};

const sourceSeedOf = async (needs: ProofNeeds, proof: Proof): Promise<Uint8Array> => {
  const gone = `the source of ${proof.id} is gone`;
  if (proof.purpose === 'slot') return present(await seedOfSlot(needs, proof.sourceId), gone);
  const challenge = await getChallenge(needs.database, proof.sourceId);
  return bytesOfHex(present(challenge, gone).secret);
};

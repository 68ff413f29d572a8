/** Proofs and what they are made of, small and valid, for tests. */
import { type Proof, type ProofLoad, proofIdOf } from '../../shared/proofs/proof.ts';
import type { ProofClaim } from '../../shared/proofs/protocol/claim.ts';
import { aDevice } from '../devices/builders.ts';
import { startMs } from '../support/runtime.ts';

/**
 * A light proof of the least size, or with `more` of it: 4.2 million operations, which pass in 3 to 5 ms,
 * are over the cap in 2 and too slow in 6.
 */
export const aLoad = (more: Partial<ProofLoad> = {}): ProofLoad => ({
  params: { profile: 1, n: 64, k: 64, R: 8, P: 0, L: 0, S: 0, K: 4, q: 0 },
  commitWithinMs: 12_000,
  walkWithinMs: 0,
  reference: { gops: 1, capGops: 2, mbps: 1, memoryBytes: null },
  ...more,
});

/** A full proof of the least size: its walk of 128 KiB passes in 218 ms and is too slow in 219. */
export const aFullLoad = (more: Partial<ProofLoad> = {}): ProofLoad => ({
  ...aLoad(),
  params: { profile: 2, n: 64, k: 64, R: 8, P: 2, L: 64, S: 2, K: 4, q: 1 },
  walkWithinMs: 18_000,
  ...more,
});

/** 32 bytes that begin with this digit. */
export const hex = (digit: string) => digit.repeat(64);

/** What a GPU says of itself, at a usual length. */
export const aClaim = (processor_id: string): ProofClaim => ({
  backend: 'cuda',
  driver: '580.65.06',
  gpu_uuid: 'GPU-7c4a2f16-0b7e-5d83-9c51-2ef0a1b3c4d5',
  kind: 'gpu',
  memory_bytes: 24_564 * 2 ** 20,
  model: 'RTX 4090',
  pci_id: '',
  processor_id,
});

/** A light proof of a slot that was committed three seconds after its opening. */
export const aProof = (more: Partial<Proof> = {}): Proof => {
  const { id: deviceId, organisationId } = aDevice(1);
  const { processorId = 'prc_1' } = more;
  const source = { sourceId: '2026-11-22T12:00:00Z', processorId, t0Ms: startMs };
  return {
    id: proofIdOf({ ...source, ...more }),
    deviceId,
    organisationId,
    processorId,
    purpose: 'slot',
    sourceId: source.sourceId,
    load: aLoad(),
    claim: aClaim(processorId),
    status: 'committed',
    reason: null,
    t0Ms: startMs,
    t1Ms: startMs + 3_000,
    t1bMs: startMs + 3_010,
    t2Ms: null,
    t3Ms: null,
    deadlineMs: startMs + 63_010,
    h1: hex('1'),
    h1Signature: '1b'.repeat(64),
    h2Signature: null,
    walkSeed: null,
    laneRoot: null,
    sampleSeed: hex('5'),
    openingDigest: null,
    metrics: null,
    receipt: null,
    ...more,
  };
};

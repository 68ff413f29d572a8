/** Proofs and what they are made of, small and valid, for tests. */
import type { ProofLoad } from '../../shared/proofs/proof.ts';

/** A light proof of the least size, or with `more` of it. */
export const aLoad = (more: Partial<ProofLoad> = {}): ProofLoad => ({
  params: { profile: 1, n: 64, k: 64, R: 2, P: 0, L: 0, S: 0, K: 4, q: 0 },
  commitWithinMs: 12_000,
  walkWithinMs: 0,
  reference: { gops: 1, capGops: 1_000, mbps: 1, memoryBytes: null },
  ...more,
});

/** A full proof of the least size. */
export const aFullLoad = (more: Partial<ProofLoad> = {}): ProofLoad => ({
  ...aLoad(),
  params: { profile: 2, n: 64, k: 64, R: 2, P: 1, L: 64, S: 2, K: 4, q: 1 },
  walkWithinMs: 18_000,
  ...more,
});

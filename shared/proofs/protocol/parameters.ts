/**
 * The parameters of a proof, under the protocol's own letters, their bounds, and what follows from them:
 * hash, counts, bytes and operations. Which parameters a model gets is a rule of the platform, not of
 * the protocol.
 */
import { assert } from '../../core/assert.ts';
import { sha256, u32le } from './bytes.ts';

/** micro (0), light (1), full (2). */
export type Profile = 0 | 1 | 2;

export const profileNames = ['micro', 'light', 'full'] as const;

export interface ProofParams {
  readonly profile: Profile;
  /** Rows and columns of the product: a power of two, 64..32768. */
  readonly n: number;
  /** Inner length: a multiple of 64, 64..65536. */
  readonly k: number;
  /** Rounds, 1..8192. */
  readonly R: number;
  /** The last P rounds are the pool, 0..R; 0: no walk. */
  readonly P: number;
  /** Lanes of the walk: a power of two, 64..2^31; 0 without a walk. */
  readonly L: number;
  /** Steps of each lane, 1..65536; 0 without a walk. */
  readonly S: number;
  /** Samples, 1..65536. */
  readonly K: number;
  /** Lanes to open, 1..65536; 0 without a walk. */
  readonly q: number;
}

/** Bytes of a leaf: 32 x 32 mixed entries, one BLAKE3 chunk. */
export const leafBytes = 1024;
/** Rows and columns of a tile, which is a leaf. */
export const tileSide = 32;
/** Bytes that a lane leaves behind; 64 of them fill a chunk of the lanes' tree. */
export const laneOutBytes = 16;
export const lanesPerLeaf = leafBytes / laneOutBytes;

const within = (value: number, min: number, max: number): boolean =>
  Number.isSafeInteger(value) && value >= min && value <= max;

const isPowerOfTwo = (value: number): boolean => Number.isInteger(Math.log2(value));

/** The first bound that the parameters break, as a sentence; undefined when they keep all. */
export const brokenBound = (params: ProofParams): string | undefined => {
  const { profile, n, k, R, P, L, S, K, q } = params;
  if (!within(profile, 0, 2)) return 'profile is 0, 1 or 2';
  if (!within(n, 64, 32_768) || !isPowerOfTwo(n)) return 'n is a power of two in 64..32768';
  if (!within(k, 64, 65_536) || k % 64 !== 0) return 'k is a multiple of 64 in 64..65536';
  if (!within(R, 1, 8_192)) return 'R is in 1..8192';
  if (!within(P, 0, R)) return 'P is in 0..R';
  if (!within(K, 1, 65_536)) return 'K is in 1..65536';
  if (P === 0) return L === 0 && S === 0 && q === 0 ? undefined : 'L, S and q are 0 without a pool';
  if (!within(L, 64, 2 ** 31) || !isPowerOfTwo(L)) return 'L is a power of two in 64..2^31';
  if (!within(S, 1, 65_536)) return 'S is in 1..65536';
  return within(q, 1, 65_536) ? undefined : 'q is in 1..65536';
};

/** Throws a BugError unless the parameters keep every bound: parameters come from us, not from callers. */
export const assertParams = (params: ProofParams): void => {
  const broken = brokenBound(params);
  assert(broken === undefined, `parameters of a proof: ${broken}`);
};

/** Whether the proof has a walk, and so a pool and a second signature. */
export const hasWalk = ({ P }: Pick<ProofParams, 'P'>): boolean => P > 0;

/** SHA256("poc/params" || u32le(1, profile, n, k, R, P, L, S, K, q)). */
export const paramsHashOf = ({ profile, n, k, R, P, L, S, K, q }: ProofParams): Uint8Array =>
  sha256('poc/params', u32le(1, profile, n, k, R, P, L, S, K, q));

/** Leaves of one round: 4..1048576, a power of four. */
export const leavesPerRound = ({ n }: Pick<ProofParams, 'n'>): number => (n * n) / leafBytes;

/** Leaves of the pool, which the walk draws from: at most 2^33. */
export const leavesInPool = (params: Pick<ProofParams, 'n' | 'P'>): number =>
  params.P * leavesPerRound(params);

/** Bytes of the pool. */
export const poolBytesOf = ({ n, P }: Pick<ProofParams, 'n' | 'P'>): number => P * n * n;

/** Bytes that the walk reads. */
export const walkBytesOf = ({ L, S }: Pick<ProofParams, 'L' | 'S'>): number => L * S * leafBytes;

/** Operations of all rounds, two for each multiply-add: may exceed 2^53. */
export const operationsOf = ({ n, k, R }: Pick<ProofParams, 'n' | 'k' | 'R'>): bigint =>
  2n * BigInt(n) * BigInt(n) * BigInt(k) * BigInt(R);

/** Nodes on the path of a leaf of a round. */
export const leafDepth = (params: Pick<ProofParams, 'n'>): number =>
  Math.log2(leavesPerRound(params));

/** Nodes on the path of a chunk of lane outs; only with a walk. */
export const laneDepth = ({ L }: Pick<ProofParams, 'L'>): number => Math.log2(L / lanesPerLeaf);

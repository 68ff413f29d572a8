/**
 * The chain of hashes that binds a proof: from the slot's seed or the challenge to the seed, the session,
 * the rounds, the two commitments and the samples. All inputs are bytes whose lengths were checked.
 */

import { mulhi } from './arithmetic.ts';
import { sha256, u32le } from './bytes.ts';
import { chacha8Words } from './chacha8.ts';
import { leavesPerRound, type ProofParams } from './parameters.ts';

/** SHA256("poc/seed" || slotSeed or challenge || devicePub || processorId). */
export const deriveSeed = (
  sourceSeed: Uint8Array,
  devicePub: Uint8Array,
  processorId: string,
): Uint8Array => sha256('poc/seed', sourceSeed, devicePub, processorId);

/** SHA256("poc/sid" || slotId or challengeId || 0x00 || processorId): names the proof for ever. */
export const deriveSid = (sourceId: string, processorId: string): Uint8Array =>
  sha256('poc/sid', sourceId, '\0', processorId);

/** What every round's seed is bound to. */
export interface RoundBinding {
  readonly seed: Uint8Array;
  readonly devicePub: Uint8Array;
  readonly paramsHash: Uint8Array;
}

export interface CommitmentBinding extends RoundBinding {
  readonly sid: Uint8Array;
  readonly claimHash: Uint8Array;
}

/** SHA256("poc/c0" || sid || seed || devicePub || paramsHash || claimHash). */
export const deriveH0 = (binding: CommitmentBinding): Uint8Array =>
  sha256(
    'poc/c0',
    binding.sid,
    binding.seed,
    binding.devicePub,
    binding.paramsHash,
    binding.claimHash,
  );

/** Stands for the root before the first. */
export const noRoot: Uint8Array = new Uint8Array(32);

/** SHA256("poc/round" || seed || devicePub || paramsHash || u32le(t) || root of the round before). */
export const deriveRoundSeed = (
  { seed, devicePub, paramsHash }: RoundBinding,
  round: number,
  previousRoot: Uint8Array,
): Uint8Array => sha256('poc/round', seed, devicePub, paramsHash, u32le(round), previousRoot);

/** SHA256("poc/c1" || h0 || all roots). `roots`: 32 bytes each, one after the other. */
export const deriveH1 = (h0: Uint8Array, roots: Uint8Array): Uint8Array =>
  sha256('poc/c1', h0, roots);

/** SHA256("poc/walk" || walkSeed || h1). */
export const deriveWalkKey = (walkSeed: Uint8Array, h1: Uint8Array): Uint8Array =>
  sha256('poc/walk', walkSeed, h1);

/** What the walk adds to the second commitment. */
export interface WalkCommitment {
  readonly walkSeed: Uint8Array;
  readonly laneRoot: Uint8Array;
}

/** SHA256("poc/c2" || h1 || walkSeed || laneRoot), or SHA256("poc/c2" || h1) without a walk. */
export const deriveH2 = (h1: Uint8Array, walk: WalkCommitment | null): Uint8Array =>
  walk === null ? sha256('poc/c2', h1) : sha256('poc/c2', h1, walk.walkSeed, walk.laneRoot);

/** SHA256("poc/sample" || sampleSeed || h2). */
export const deriveSampleKey = (sampleSeed: Uint8Array, h2: Uint8Array): Uint8Array =>
  sha256('poc/sample', sampleSeed, h2);

export interface Sample {
  readonly round: number;
  readonly leaf: number;
  /** 0..1023: row and column of the entry in its tile are entry >> 5 and entry & 31. */
  readonly entry: number;
}

export interface Draw {
  readonly samples: readonly Sample[];
  /** Lanes to open, in draw order; one may come twice. */
  readonly lanes: readonly number[];
}

const sampleNonce = 0x53;

/** The K samples and q lanes that the sample key draws. */
export const drawSamples = (params: ProofParams, sampleKey: Uint8Array): Draw => {
  const { R, K, L, q } = params;
  const words = new Uint32Array(Math.ceil((4 * K + q) / 16) * 16);
  chacha8Words(sampleKey, sampleNonce, 0, 0, words);
  const leaves = leavesPerRound(params);
  const samples = Array.from({ length: K }, (_, s) => ({
    round: mulhi(words[4 * s] as number, R),
    leaf: mulhi(words[4 * s + 1] as number, leaves),
    entry: (words[4 * s + 2] as number) >>> 22,
  }));
  const lanes = Array.from({ length: q }, (_, i) => mulhi(words[4 * K + i] as number, L));
  return { samples, lanes };
};

/** Row i of A and row j of the transpose of B that make an entry of a leaf. */
export const entryPosition = (
  { n }: Pick<ProofParams, 'n'>,
  { leaf, entry }: Pick<Sample, 'leaf' | 'entry'>,
): { readonly i: number; readonly j: number } => {
  const tilesPerRow = n / 32;
  return {
    i: 32 * Math.floor(leaf / tilesPerRow) + (entry >> 5),
    j: 32 * (leaf % tilesPerRow) + (entry & 31),
  };
};

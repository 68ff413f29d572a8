/**
 * Where each part of an opening lies. An opening has no framing: its length and every offset follow from
 * the parameters, so a length check comes before any other work and no number in the body is ever believed.
 *
 *     roots (32 each) | per sample: leaf, path | per lane: out leaf, out path, per step: leaf, path
 */
import { digestBytes } from './bytes.ts';
import { hasWalk, laneDepth, leafBytes, leafDepth, type ProofParams } from './parameters.ts';

export interface OpeningLayout {
  /** Exact length of the opening in bytes. */
  readonly bytes: number;
  /** The roots stand first: so many bytes. */
  readonly rootsBytes: number;
  readonly samplePathBytes: number;
  readonly lanePathBytes: number;
  /** Offset of the leaf of sample s; its path follows. */
  sampleAt(s: number): number;
  /** Offset of the leaf of outs of the i-th opened lane; its path follows. */
  laneAt(i: number): number;
  /** Offset of the leaf that the i-th opened lane read in this step; its path follows. */
  stepAt(i: number, step: number): number;
}

/** The layout for parameters that keep their bounds. */
export const layoutOf = (params: ProofParams): OpeningLayout => {
  const { R, K, q, S } = params;
  const rootsBytes = digestBytes * R;
  const samplePathBytes = digestBytes * leafDepth(params);
  const lanePathBytes = hasWalk(params) ? digestBytes * laneDepth(params) : 0;
  const sampleBytes = leafBytes + samplePathBytes;
  const outBytes = leafBytes + lanePathBytes;
  const laneBytes = outBytes + S * sampleBytes;
  const lanesAt = rootsBytes + K * sampleBytes;
  return {
    bytes: lanesAt + q * laneBytes,
    rootsBytes,
    samplePathBytes,
    lanePathBytes,
    sampleAt: (s) => rootsBytes + s * sampleBytes,
    laneAt: (i) => lanesAt + i * laneBytes,
    stepAt: (i, step) => lanesAt + i * laneBytes + outBytes + step * sampleBytes,
  };
};

/** Exact length of an opening with these parameters, in bytes. */
export const openingBytesOf = (params: ProofParams): number => layoutOf(params).bytes;

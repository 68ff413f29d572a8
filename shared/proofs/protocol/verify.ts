/**
 * The verdict on an opening. It asks in the protocol's order: the exact length, the two signatures, the
 * roots against the first commitment, the paths of all samples, their entries recomputed one by one, the
 * paths of the lanes, of their steps, and what the lanes left behind. It needs constant memory beside the
 * opening, stops at the first thing that is wrong, and never throws on any bytes. Times and thresholds
 * are not its business (see decide.ts).
 */
import { assert } from '../../core/assert.ts';
import { mix, mulhi } from './arithmetic.ts';
import { digestBytes, sameBytes } from './bytes.ts';
import {
  type CommitmentBinding,
  type Draw,
  deriveH0,
  deriveH1,
  deriveH2,
  deriveRoundSeed,
  deriveSampleKey,
  deriveSeed,
  deriveSid,
  deriveWalkKey,
  drawSamples,
  entryPosition,
  noRoot,
  type WalkCommitment,
} from './derivation.ts';
import { isSignedBy } from './ed25519.ts';
import type { ProofEngine } from './engine.ts';
import { layoutOf, type OpeningLayout } from './opening.ts';
import {
  assertParams,
  hasWalk,
  laneOutBytes,
  lanesPerLeaf,
  leafBytes,
  leavesInPool,
  leavesPerRound,
  type ProofParams,
  paramsHashOf,
} from './parameters.ts';
import { failed, type OpeningReason, passed, type Verdict } from './verdict.ts';

/** What the verifier itself knows of a proof before the opening comes. Bytes are 32 long. */
export interface ProofRecord {
  /** Slot id or challenge id. */
  readonly sourceId: string;
  /** The slot's seed, or the challenge. */
  readonly sourceSeed: Uint8Array;
  readonly devicePub: Uint8Array;
  readonly processorId: string;
  readonly claimHash: Uint8Array;
  readonly params: ProofParams;
  /** The first commitment. */
  readonly h1: Uint8Array;
  /** The walk's seed and the lanes' root; null exactly when the proof has no walk. */
  readonly walk: WalkCommitment | null;
  readonly sampleSeed: Uint8Array;
}

/** The device's signatures: of h1, and of h2 where there is a walk. Any bytes. */
export interface ProofSignatures {
  readonly h1: Uint8Array;
  readonly h2: Uint8Array | null;
}

export interface OpeningToVerify {
  readonly record: ProofRecord;
  /** 'checked': at their calls, before anything was stored. */
  readonly signatures: ProofSignatures | 'checked';
  readonly opening: Uint8Array;
}

/** h0 and what it binds, as the verifier's own record has it. */
export const bindingOf = (
  record: Omit<ProofRecord, 'h1' | 'walk' | 'sampleSeed'>,
): CommitmentBinding & { readonly h0: Uint8Array } => {
  const binding = {
    seed: deriveSeed(record.sourceSeed, record.devicePub, record.processorId),
    sid: deriveSid(record.sourceId, record.processorId),
    devicePub: record.devicePub,
    paramsHash: paramsHashOf(record.params),
    claimHash: record.claimHash,
  };
  return { ...binding, h0: deriveH0(binding) };
};

/** All that the checks share: the record, what follows from it, and the bytes. */
interface Examination {
  readonly record: ProofRecord;
  readonly binding: ReturnType<typeof bindingOf>;
  readonly h2: Uint8Array;
  readonly draw: Draw;
  readonly layout: OpeningLayout;
  readonly opening: Uint8Array;
  readonly engine: ProofEngine;
}

const rootOf = (opening: Uint8Array, round: number): Uint8Array =>
  opening.subarray(digestBytes * round, digestBytes * (round + 1));

/** Whether the leaf at `at`, with the path after it, is leaf `index` of the tree with this root. */
const leadsTo = (
  { opening, engine }: Examination,
  leaf: { readonly at: number; readonly index: number; readonly pathBytes: number },
  root: Uint8Array,
): boolean => {
  const pathAt = leaf.at + leafBytes;
  const path = opening.subarray(pathAt, pathAt + leaf.pathBytes);
  return sameBytes(engine.root(opening.subarray(leaf.at, pathAt), leaf.index, path), root);
};

const rootsAreCommitted = ({ record, binding, layout, opening }: Examination): boolean =>
  sameBytes(deriveH1(binding.h0, opening.subarray(0, layout.rootsBytes)), record.h1);

const samplePathsHold = (proof: Examination): boolean =>
  proof.draw.samples.every(({ round, leaf }, s) =>
    leadsTo(
      proof,
      { at: proof.layout.sampleAt(s), index: leaf, pathBytes: proof.layout.samplePathBytes },
      rootOf(proof.opening, round),
    ),
  );

const sampleValuesHold = ({ record, binding, draw, layout, opening, engine }: Examination) =>
  draw.samples.every((sample, s) => {
    const { round, entry } = sample;
    const previousRoot = round === 0 ? noRoot : rootOf(opening, round - 1);
    const roundSeed = deriveRoundSeed(binding, round, previousRoot);
    const { i, j } = entryPosition(record.params, sample);
    const value = engine.entry(roundSeed, round, i, j, record.params.k);
    return opening[layout.sampleAt(s) + entry] === mix(value);
  });

const lanePathsHold = (proof: Examination, laneRoot: Uint8Array): boolean =>
  proof.draw.lanes.every((lane, i) =>
    leadsTo(
      proof,
      {
        at: proof.layout.laneAt(i),
        index: Math.floor(lane / lanesPerLeaf),
        pathBytes: proof.layout.lanePathBytes,
      },
      laneRoot,
    ),
  );

/** Walks the i-th opened lane over the leaves of the opening; undefined when a leaf is not in the pool. */
const walkLane = (proof: Examination, walkKey: Uint8Array, i: number): Uint8Array | undefined => {
  const { record, draw, layout, opening, engine } = proof;
  const { R, P, S } = record.params;
  const leavesEach = leavesPerRound(record.params);
  const leaves = leavesInPool(record.params);
  const state = engine.laneStart(walkKey, draw.lanes[i] as number);
  for (let step = 0; step < S; step += 1) {
    const x = engine.walkAddress(state);
    const address = mulhi(x, leaves);
    const round = R - P + Math.floor(address / leavesEach);
    const at = layout.stepAt(i, step);
    const leaf = { at, index: address % leavesEach, pathBytes: layout.samplePathBytes };
    if (!leadsTo(proof, leaf, rootOf(opening, round))) return undefined;
    engine.walkStep(state, opening.subarray(at, at + leafBytes), x);
  }
  return engine.laneOut(state);
};

const checkWalk = (
  proof: Examination,
  { walkSeed, laneRoot }: WalkCommitment,
): OpeningReason | undefined => {
  if (!lanePathsHold(proof, laneRoot)) return 'lane_path';
  const walkKey = deriveWalkKey(walkSeed, proof.record.h1);
  let valuesHold = true;
  for (const [i, lane] of proof.draw.lanes.entries()) {
    const out = walkLane(proof, walkKey, i);
    if (out === undefined) return 'step_path';
    const at = proof.layout.laneAt(i) + laneOutBytes * (lane % lanesPerLeaf);
    // A step of a later lane that is wrong counts first, so the answer waits.
    valuesHold &&= sameBytes(out, proof.opening.subarray(at, at + laneOutBytes));
  }
  return valuesHold ? undefined : 'lane_value';
};

const checkSignatures = (
  { devicePub, h1, walk }: ProofRecord,
  h2: Uint8Array,
  signatures: ProofSignatures,
): OpeningReason | undefined => {
  if (!isSignedBy(devicePub, h1, signatures.h1)) return 'signature_h1';
  if (walk === null) return undefined;
  return signatures.h2 !== null && isSignedBy(devicePub, h2, signatures.h2)
    ? undefined
    : 'signature_h2';
};

const firstFault = (
  { record, signatures, opening }: OpeningToVerify,
  engine: ProofEngine,
): OpeningReason | undefined => {
  const layout = layoutOf(record.params);
  if (opening.length !== layout.bytes) return 'length';
  assert(hasWalk(record.params) === (record.walk !== null), 'a walk exactly where P is above 0');
  const h2 = deriveH2(record.h1, record.walk);
  const unsigned = signatures !== 'checked' && checkSignatures(record, h2, signatures);
  if (unsigned) return unsigned;
  const binding = bindingOf(record);
  const draw = drawSamples(record.params, deriveSampleKey(record.sampleSeed, h2));
  const proof: Examination = { record, binding, h2, draw, layout, opening, engine };
  if (!rootsAreCommitted(proof)) return 'roots';
  if (!samplePathsHold(proof)) return 'sample_path';
  if (!sampleValuesHold(proof)) return 'sample_value';
  return record.walk === null ? undefined : checkWalk(proof, record.walk);
};

/**
 * The verdict on the bytes of an opening, before times are looked at. Parameters that break their bounds
 * and a record that is not of their form are bugs; the opening and the signatures may be anything.
 */
export const verifyOpening = (
  toVerify: OpeningToVerify,
  engine: ProofEngine,
): Verdict<OpeningReason> => {
  assertParams(toVerify.record.params);
  const fault = firstFault(toVerify, engine);
  return fault === undefined ? passed : failed(fault);
};

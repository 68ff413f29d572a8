/**
 * A proof of any size without its prover, for measuring what its verification costs: openings of real
 * length, and an engine that does all the work of the one behind it and then answers what lets the verifier
 * go on to the end. It shows time and memory, and nothing about what is right.
 */
import { mix } from '../../../shared/proofs/protocol/arithmetic.ts';
import { claimHashOf } from '../../../shared/proofs/protocol/claim.ts';
import { deriveH1, deriveH2 } from '../../../shared/proofs/protocol/derivation.ts';
import { signBytes } from '../../../shared/proofs/protocol/ed25519.ts';
import type { ProofEngine } from '../../../shared/proofs/protocol/engine.ts';
import { layoutOf } from '../../../shared/proofs/protocol/opening.ts';
import {
  hasWalk,
  laneOutBytes,
  type ProofParams,
} from '../../../shared/proofs/protocol/parameters.ts';
import { bindingOf, type OpeningToVerify } from '../../../shared/proofs/protocol/verify.ts';
import { Chance } from './chance.ts';
import { testDevice } from './device.ts';

/** A full proof of class L: what the figures of the verifier are measured with. */
export const classL: ProofParams = {
  profile: 2,
  n: 16_384,
  k: 32_768,
  R: 400,
  P: 76,
  L: 32_768,
  S: 64,
  K: 256,
  q: 8,
};

/** Every byte of every leaf of these openings; the roots are all the same. */
const filler = mix(0);

/** An opening of the right length for these parameters, and its record. */
export const fullSizeProof = (params: ProofParams): OpeningToVerify => {
  const chance = new Chance(`a proof of ${params.n}`);
  const device = testDevice('full size');
  const layout = layoutOf(params);
  const opening = new Uint8Array(layout.bytes).fill(filler);
  const root = chance.bytes(32);
  for (let round = 0; round < params.R; round += 1) opening.set(root, 32 * round);
  const known = {
    sourceId: 'chl_full_size',
    sourceSeed: chance.bytes(32),
    devicePub: device.publicKey,
    processorId: device.claim.processor_id,
    claimHash: claimHashOf(device.claim),
    params,
  };
  const h1 = deriveH1(bindingOf(known).h0, opening.subarray(0, layout.rootsBytes));
  const walk = hasWalk(params) ? { walkSeed: chance.bytes(32), laneRoot: root } : null;
  const h2 = deriveH2(h1, walk);
  return {
    record: { ...known, h1, walk, sampleSeed: chance.bytes(32) },
    signatures: { h1: signBytes(device.keySeed, h1), h2: signBytes(device.keySeed, h2) },
    opening,
  };
};

/** Does all that `engine` does, and answers what the full-size proof expects. */
export const measuredEngine = (engine: ProofEngine, { opening }: OpeningToVerify): ProofEngine => {
  const root = opening.slice(0, 32);
  const out = new Uint8Array(laneOutBytes).fill(filler);
  return {
    name: engine.name,
    // The entry computed is used, so that no compiler may drop it: never an int32 above 2^31.
    entry: (...of) => (engine.entry(...of) > 2 ** 31 ? 1 : 0),
    root: (...of) => (engine.root(...of).length === 32 ? root : out),
    laneStart: (...of) => engine.laneStart(...of),
    walkAddress: (state) => engine.walkAddress(state),
    walkStep: (state, leaf, x) => engine.walkStep(state, leaf, x),
    laneOut: (state) => (engine.laneOut(state).length === laneOutBytes ? out : root),
  };
};

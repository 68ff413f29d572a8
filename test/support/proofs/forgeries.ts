/**
 * Messages that are not what an honest prover would send, or not for what it is taken for: malformed,
 * swapped, signed by others, replayed. Each with the reason for which the verifier must fail it.
 */
import { signBytes } from '../../../shared/proofs/protocol/ed25519.ts';
import { layoutOf } from '../../../shared/proofs/protocol/opening.ts';
import { laneOutBytes, leafBytes } from '../../../shared/proofs/protocol/parameters.ts';
import type { OpeningToVerify } from '../../../shared/proofs/protocol/verify.ts';
import type { Chance } from './chance.ts';
import {
  byForgery,
  type Cheat,
  drawOf,
  h2Of,
  signaturesOf,
  withBitFlipped,
  withPart,
  withSwapped,
} from './cheat.ts';
import { testDevice } from './device.ts';
import { smallLight } from './tasks.ts';

const other = testDevice('another device');

/** The message of h1 or h2, signed by somebody else. */
const signedByAnother = (part: 'h1' | 'h2') => (honest: OpeningToVerify, chance: Chance) => {
  const stranger = testDevice(`stranger ${chance.word()}`);
  const message = part === 'h1' ? honest.record.h1 : h2Of(honest);
  const signature = signBytes(stranger.keySeed, message);
  return { ...honest, signatures: { ...signaturesOf(honest), [part]: signature } };
};

/** Every forgery. */
export const forgeries: readonly Cheat[] = [
  byForgery('sends one byte too little', 'length', (honest) => ({
    ...honest,
    opening: honest.opening.subarray(0, -1),
  })),
  byForgery('sends one byte too much', 'length', (honest) => ({
    ...honest,
    opening: Buffer.concat([honest.opening, new Uint8Array(1)]),
  })),
  byForgery('sends nothing', 'length', (honest) => ({ ...honest, opening: new Uint8Array(0) })),
  byForgery('sends the first path without its last node', 'length', (honest) => {
    const { sampleAt } = layoutOf(honest.record.params);
    const cut = sampleAt(1) - 32;
    const rest = honest.opening.subarray(cut + 32);
    return { ...honest, opening: Buffer.concat([honest.opening.subarray(0, cut), rest]) };
  }),
  byForgery('sends the first path with a node more', 'length', (honest, chance) => {
    const cut = layoutOf(honest.record.params).sampleAt(1);
    const parts = [honest.opening.subarray(0, cut), chance.bytes(32), honest.opening.subarray(cut)];
    return { ...honest, opening: Buffer.concat(parts) };
  }),
  byForgery('moves a node from one path to the next', 'sample_path', (honest) => {
    const { sampleAt, samplePathBytes } = layoutOf(honest.record.params);
    const first = sampleAt(0) + leafBytes;
    const rotated = Buffer.concat([
      honest.opening.subarray(first + 32, first + samplePathBytes),
      honest.opening.subarray(first, first + 32),
    ]);
    return { ...honest, opening: withPart(honest.opening, first, rotated) };
  }),
  byForgery('signs h1 with another key', 'signature_h1', signedByAnother('h1')),
  byForgery('signs h2 with another key', 'signature_h2', signedByAnother('h2')),
  byForgery('sends the signature of h1 for h2', 'signature_h2', (honest) => {
    const { h1 } = signaturesOf(honest);
    return { ...honest, signatures: { h1, h2: h1 } };
  }),
  byForgery('changes a root', 'roots', (honest, chance) => ({
    ...honest,
    opening: withBitFlipped(honest.opening, chance.below(8 * 32 * honest.record.params.R)),
  })),
  byForgery('swaps two roots', 'roots', (honest) => ({
    ...honest,
    opening: withSwapped(honest.opening, 0, 32, 32),
  })),
  byForgery(
    'swaps two samples',
    'sample_path',
    (honest) => {
      const { sampleAt } = layoutOf(honest.record.params);
      const { samples } = drawOf(honest);
      const first = samples[0];
      const differs = samples.findIndex((each) => each.leaf !== first?.leaf);
      const length = sampleAt(1) - sampleAt(0);
      return {
        ...honest,
        opening: withSwapped(honest.opening, sampleAt(0), sampleAt(differs), length),
      };
    },
    smallLight,
  ),
  byForgery('swaps two outs in the leaf of lanes', 'lane_path', (honest) => {
    const { laneAt } = layoutOf(honest.record.params);
    return {
      ...honest,
      opening: withSwapped(honest.opening, laneAt(0), laneAt(0) + laneOutBytes, laneOutBytes),
    };
  }),
  byForgery('opens another leaf for a step', 'step_path', (honest, chance) => {
    const at = layoutOf(honest.record.params).stepAt(chance.below(8), chance.below(4));
    return { ...honest, opening: withPart(honest.opening, at, chance.bytes(leafBytes)) };
  }),
  byForgery('replays the proof of another slot', 'roots', (honest) => ({
    ...honest,
    record: { ...honest.record, sourceId: '2026-10-01T00:00:00Z' },
  })),
  byForgery('replays under another seed', 'roots', (honest, chance) => ({
    ...honest,
    record: { ...honest.record, sourceSeed: chance.bytes(32) },
  })),
  byForgery('replays the proof of another processor', 'roots', (honest) => ({
    ...honest,
    record: { ...honest.record, processorId: 'prc_another' },
  })),
  byForgery('replays under another claim', 'roots', (honest, chance) => ({
    ...honest,
    record: { ...honest.record, claimHash: chance.bytes(32) },
  })),
  byForgery('replays the proof of another device', 'signature_h1', (honest) => ({
    ...honest,
    record: { ...honest.record, devicePub: other.publicKey },
  })),
  byForgery('replays another device’s proof, signed anew', 'roots', (honest) => ({
    ...honest,
    record: { ...honest.record, devicePub: other.publicKey },
    signatures: {
      h1: signBytes(other.keySeed, honest.record.h1),
      h2: signBytes(other.keySeed, h2Of(honest)),
    },
  })),
  byForgery('replays the opening of other samples', 'sample_path', (honest, chance) => ({
    ...honest,
    record: { ...honest.record, sampleSeed: chance.bytes(32) },
  })),
  byForgery('replays a walk under another seed', 'signature_h2', (honest, chance) => ({
    ...honest,
    record: {
      ...honest.record,
      walk: honest.record.walk && { ...honest.record.walk, walkSeed: chance.bytes(32) },
    },
  })),
];

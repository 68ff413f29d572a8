/**
 * Provers that cheat in their work, each with the reason for which the verifier must fail it. Those that
 * pass with some probability, by design of the protocol, are in pass-rates.ts.
 */
import { mix } from '../../../shared/proofs/protocol/arithmetic.ts';
import { entryPosition } from '../../../shared/proofs/protocol/derivation.ts';
import { layoutOf } from '../../../shared/proofs/protocol/opening.ts';
import { leafBytes } from '../../../shared/proofs/protocol/parameters.ts';
import { byTricks, type Cheat, drawOf } from './cheat.ts';
import { answer, drawsOf } from './play.ts';
import { entryOf } from './product.ts';
import { Prover, type Tricks } from './prover.ts';
import { freshTask, smallLight } from './tasks.ts';

/** Clears the lowest bits of every operand: what four-bit or three-bit engines compute. */
const coarseOperands = (bits: number): Tricks => ({
  operands: (_, { a, bt }) => {
    for (const side of [a, bt]) {
      for (const at of side.keys()) side[at] = ((side[at] as number) >> bits) << bits;
    }
  },
});

/** Rounds to so many significant bits: what a short float keeps of an entry. */
const shortFloat =
  (bits: number) =>
  (entry: number): number => {
    const magnitude = Math.abs(entry);
    const unit = 2 ** Math.max(0, Math.floor(Math.log2(magnitude || 1)) + 1 - bits);
    return Math.sign(entry) * Math.round(magnitude / unit) * unit;
  };

/** An int8 with one scale for all entries, as quantised engines answer. */
const quantised = (entry: number): number => Math.round(entry / 16) * 16;

/** Commits to random leaves, and computes only what is asked for, once it is asked. */
const answersAfterTheQuestion: Cheat = {
  name: 'computes the samples once they are known',
  reason: 'sample_path',
  play: (chance) => {
    const task = freshTask(chance, smallLight);
    const prover = new Prover(task, { skips: () => true }, chance);
    const forged = answer(prover, drawsOf(chance));
    const { params } = task;
    const opening = Uint8Array.from(forged.opening);
    for (const [s, sample] of drawOf(forged).samples.entries()) {
      const { i, j } = entryPosition(params, sample);
      const operands = prover.rounds[sample.round]?.operands;
      if (!operands) throw new Error(`no round ${sample.round}`);
      const right = mix(entryOf(operands, params, i, j));
      opening[layoutOf(params).sampleAt(s) + sample.entry] = right;
    }
    return { ...forged, opening };
  },
};

/** Every such prover. Caught with all but certainty: by 256 samples, or by eight lanes. */
export const cheats: readonly Cheat[] = [
  byTricks('skips every tile', 'sample_value', () => ({ skips: () => true }), smallLight),
  byTricks('computes one round of four', 'sample_value', () => ({ skips: (round) => round > 0 })),
  byTricks('computes half of the tiles', 'sample_value', () => ({ skips: (_, leaf) => leaf < 2 })),
  byTricks('uses the seed of the round before in one round', 'sample_value', () => {
    let previous = new Uint8Array(32);
    return {
      roundSeed: (round, honest) => {
        const stale = previous;
        previous = Uint8Array.from(honest);
        return round === 2 ? stale : honest;
      },
    };
  }),
  byTricks('computes all rounds with one seed', 'sample_value', () => {
    let first: Uint8Array | undefined;
    return {
      roundSeed: (_, honest) => {
        first ??= honest;
        return first;
      },
    };
  }),
  byTricks('keeps four bits of each operand', 'sample_value', () => coarseOperands(1)),
  byTricks('keeps three bits of each operand', 'sample_value', () => coarseOperands(2), smallLight),
  byTricks('rounds entries to bf16', 'sample_value', () => ({ result: shortFloat(8) })),
  byTricks('rounds entries to fp8', 'sample_value', () => ({ result: shortFloat(4) })),
  byTricks('quantises entries with one scale', 'sample_value', () => ({ result: quantised })),
  byTricks('is off by one in every entry', 'sample_value', () => ({ result: (c) => c + 1 })),
  byTricks('commits to B times A', 'sample_value', () => ({
    operands: (_, { a, bt }) => {
      const held = a.slice();
      a.set(bt);
      bt.set(held);
    },
  })),
  byTricks('changes every leaf after the commitment', 'sample_path', () => ({
    afterCommit: (_, __, bytes) => {
      bytes[5] = (bytes[5] as number) ^ 1;
    },
  })),
  byTricks('changes one leaf of sixteen after the commitment', 'sample_path', () => ({
    afterCommit: (round, leaf, bytes) => {
      if (round === 1 && leaf === 3) bytes[1023] = (bytes[1023] as number) ^ 128;
    },
  })),
  answersAfterTheQuestion,
  byTricks('walks the opened lanes once they are known', 'lane_path', (chance) => ({
    laneRoot: () => chance.bytes(32),
  })),
  byTricks('leaves random outs for all lanes', 'lane_value', (chance) => ({
    laneOut: (_, out) => chance.fill(out),
  })),
  byTricks('has no pool and walks over random leaves', 'lane_value', (chance) => {
    const missing = new Uint32Array(chance.bytes(leafBytes).slice().buffer);
    return { poolLeaf: () => missing };
  }),
  byTricks('has no pool and opens what it walked over', 'step_path', (chance) => {
    const missing = new Uint32Array(chance.bytes(leafBytes).slice().buffer);
    return { poolLeaf: () => missing, opensWhatItWalked: true };
  }),
  byTricks('commits before it has computed anything', 'roots', (chance) => ({
    h1: () => chance.bytes(32),
  })),
  byTricks('walks over one stored leaf for all', 'lane_value', () => {
    let only: Uint32Array | undefined;
    return {
      poolLeaf: (_, __, honest) => {
        only ??= honest.slice();
        return only;
      },
    };
  }),
];

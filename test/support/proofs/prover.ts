/**
 * The reference prover for small parameters, honest unless it is given tricks. It keeps every leaf, so it
 * opens what it committed to; a trick changes one thing at the moment that its name says.
 */
import { mulhi } from '../../../shared/proofs/protocol/arithmetic.ts';
import { claimHashOf } from '../../../shared/proofs/protocol/claim.ts';
import {
  deriveH1,
  deriveH2,
  deriveRoundSeed,
  deriveSampleKey,
  deriveWalkKey,
  drawSamples,
  noRoot,
} from '../../../shared/proofs/protocol/derivation.ts';
import { signBytes } from '../../../shared/proofs/protocol/ed25519.ts';
import {
  laneOutBytes,
  lanesPerLeaf,
  leafBytes,
  leavesInPool,
  leavesPerRound,
  type ProofParams,
} from '../../../shared/proofs/protocol/parameters.ts';
import { bindingOf } from '../../../shared/proofs/protocol/verify.ts';
import {
  laneOut,
  laneStart,
  laneWords,
  walkAddress,
  walkStep,
} from '../../../shared/proofs/protocol/walk.ts';
import type { Chance } from './chance.ts';
import type { TestDevice } from './device.ts';
import { fillLeaf, type Operands, operandsOf } from './product.ts';
import { Tree } from './tree.ts';

/** What a prover is asked to prove. */
export interface Task {
  /** Slot id or challenge id, and its seed or bytes. */
  readonly sourceId: string;
  readonly sourceSeed: Uint8Array;
  readonly device: TestDevice;
  readonly params: ProofParams;
}

/** What a prover does otherwise than honest ones. Each is optional. */
export interface Tricks {
  /** The seed that a round is computed with. */
  roundSeed?(round: number, honest: Uint8Array): Uint8Array;
  /** Changes the operands of a round, in place. */
  operands?(round: number, operands: Operands): void;
  /** Whether a tile is not computed: random bytes stand for it. */
  skips?(round: number, leaf: number): boolean;
  /** What it takes for an entry of the product. */
  result?(entry: number): number;
  /** Changes a leaf before its tree is built, in place. */
  leaf?(round: number, leaf: number, bytes: Uint8Array): void;
  /** What it signs as its first commitment. */
  h1?(honest: Uint8Array): Uint8Array;
  /**
   * What the walk reads in place of a leaf of the pool. When lanes are opened there is time to compute the
   * committed leaves again, so the opening has those, unless it `opensWhatItWalked`.
   */
  poolLeaf?(round: number, leaf: number, honest: Uint32Array): Uint32Array;
  readonly opensWhatItWalked?: boolean;
  /** Changes the 16 bytes of a lane before the lanes' tree is built, in place. */
  laneOut?(lane: number, out: Uint8Array): void;
  /** What it commits to as the root of the lanes' tree. */
  laneRoot?(honest: Uint8Array): Uint8Array;
  /** Changes a leaf after the commitment, in place: what is walked over and opened. */
  afterCommit?(round: number, leaf: number, bytes: Uint8Array): void;
}

interface Round {
  readonly seed: Uint8Array;
  readonly operands: Operands;
  readonly bytes: Uint8Array;
  readonly words: Uint32Array;
  readonly tree: Tree;
}

/** One step of a lane. */
export interface Step {
  readonly x: number;
  readonly address: number;
}

export class Prover {
  readonly task: Task;
  readonly binding: ReturnType<typeof bindingOf>;
  readonly rounds: Round[] = [];
  readonly h1: Uint8Array;
  readonly h1Signature: Uint8Array;
  readonly #tricks: Tricks;
  /** For the bytes of skipped tiles. */
  readonly #chance: Chance | undefined;

  /** Computes all rounds and commits. `chance` is needed by tricks that skip. */
  constructor(task: Task, tricks: Tricks = {}, chance?: Chance) {
    this.task = task;
    this.#tricks = tricks;
    this.#chance = chance;
    const { device } = task;
    this.binding = bindingOf({
      sourceId: task.sourceId,
      sourceSeed: task.sourceSeed,
      devicePub: device.publicKey,
      processorId: device.claim.processor_id,
      claimHash: claimHashOf(device.claim),
      params: task.params,
    });
    for (let round = 0; round < task.params.R; round += 1) this.#computeRound(round);
    const h1 = deriveH1(this.binding.h0, this.roots());
    this.h1 = tricks.h1?.(h1) ?? h1;
    this.h1Signature = signBytes(device.keySeed, this.h1);
    if (tricks.afterCommit) {
      for (const [round, { bytes }] of this.rounds.entries()) {
        this.#eachLeaf((leaf, at) =>
          tricks.afterCommit?.(round, leaf, bytes.subarray(at, at + leafBytes)),
        );
      }
    }
  }

  #eachLeaf(visit: (leaf: number, at: number) => void): void {
    const leaves = leavesPerRound(this.task.params);
    for (let leaf = 0; leaf < leaves; leaf += 1) visit(leaf, leaf * leafBytes);
  }

  #computeRound(round: number): void {
    const { params } = this.task;
    const tricks = this.#tricks;
    const honest = deriveRoundSeed(this.binding, round, this.rounds.at(-1)?.tree.root ?? noRoot);
    const seed = tricks.roundSeed?.(round, honest) ?? honest;
    const operands = operandsOf(seed, round, params);
    tricks.operands?.(round, operands);
    const bytes = new Uint8Array(leavesPerRound(params) * leafBytes);
    this.#eachLeaf((leaf, at) => {
      const tile = bytes.subarray(at, at + leafBytes);
      if (tricks.skips?.(round, leaf)) this.#chance?.fill(tile);
      else fillLeaf(operands, params, leaf, tile, tricks.result);
      tricks.leaf?.(round, leaf, tile);
    });
    const words = new Uint32Array(bytes.buffer);
    this.rounds.push({ seed, operands, bytes, words, tree: new Tree(words) });
  }

  /** All roots, one after the other. */
  roots(): Uint8Array {
    return Buffer.concat(this.rounds.map(({ tree }) => tree.root));
  }

  #roundOf(round: number): Round {
    const found = this.rounds[round];
    if (!found) throw new Error(`no round ${round}`);
    return found;
  }

  #openLeaf(round: number, leaf: number): readonly Uint8Array[] {
    const { bytes, tree } = this.#roundOf(round);
    return [bytes.subarray(leaf * leafBytes, (leaf + 1) * leafBytes), tree.path(leaf)];
  }

  /** Where an address of the pool lies. */
  placeOf(address: number): { readonly round: number; readonly leaf: number } {
    const { params } = this.task;
    const leaves = leavesPerRound(params);
    const round = params.R - params.P + Math.floor(address / leaves);
    return { round, leaf: address % leaves };
  }

  /** The state of a lane after all steps over these leaves; tells each step as it is made. */
  walkLane(
    walkKey: Uint8Array,
    lane: number,
    tell?: (step: Step) => void,
    poolLeaf?: Tricks['poolLeaf'],
  ): Uint32Array {
    const { params } = this.task;
    const state = laneStart(walkKey, lane);
    for (let step = 0; step < params.S; step += 1) {
      const x = walkAddress(state);
      const address = mulhi(x, leavesInPool(params));
      tell?.({ x, address });
      const { round, leaf } = this.placeOf(address);
      const { words } = this.#roundOf(round);
      const honest = words.subarray(leaf * laneWords, (leaf + 1) * laneWords);
      walkStep(state, poolLeaf?.(round, leaf, honest) ?? honest, x);
    }
    return state;
  }

  /** Walks all lanes and commits to what they leave behind. */
  walk(walkSeed: Uint8Array) {
    const { params, device } = this.task;
    const walkKey = deriveWalkKey(walkSeed, this.h1);
    const outs = new Uint8Array(params.L * laneOutBytes);
    for (let lane = 0; lane < params.L; lane += 1) {
      const out = laneOut(this.walkLane(walkKey, lane, undefined, this.#tricks.poolLeaf));
      this.#tricks.laneOut?.(lane, out);
      outs.set(out, lane * laneOutBytes);
    }
    const tree = new Tree(new Uint32Array(outs.buffer));
    const laneRoot = this.#tricks.laneRoot?.(tree.root) ?? tree.root;
    const commitment = { walkSeed, laneRoot };
    const h2 = deriveH2(this.h1, commitment);
    return { walkKey, outs, tree, commitment, h2, h2Signature: signBytes(device.keySeed, h2) };
  }

  /** The bytes of the opening, section by section: roots, each sample, each lane. */
  sections(sampleSeed: Uint8Array, walked: Walked | null): readonly Uint8Array[] {
    const { params } = this.task;
    const h2 = deriveH2(this.h1, walked?.commitment ?? null);
    const { samples, lanes } = drawSamples(params, deriveSampleKey(sampleSeed, h2));
    const opened = samples.map(({ round, leaf }) => Buffer.concat(this.#openLeaf(round, leaf)));
    const walks = walked === null ? [] : lanes.map((lane) => this.#openLane(walked, lane));
    return [this.roots(), ...opened, ...walks];
  }

  #openLane({ walkKey, outs, tree }: Walked, lane: number): Uint8Array {
    const chunk = Math.floor(lane / lanesPerLeaf);
    const parts = [outs.subarray(chunk * leafBytes, (chunk + 1) * leafBytes), tree.path(chunk)];
    const open = ({ address }: Step): void => {
      const { round, leaf } = this.placeOf(address);
      parts.push(...this.#openLeaf(round, leaf));
    };
    if (!this.#tricks.opensWhatItWalked) {
      this.walkLane(walkKey, lane, open);
      return Buffer.concat(parts);
    }
    this.walkLane(walkKey, lane, open, (round, leaf, honest) => {
      const read = this.#tricks.poolLeaf?.(round, leaf, honest) ?? honest;
      parts[parts.length - 2] = new Uint8Array(read.buffer, read.byteOffset, leafBytes);
      return read;
    });
    return Buffer.concat(parts);
  }
}

/** What a prover has in hand after its walk. */
export type Walked = ReturnType<Prover['walk']>;

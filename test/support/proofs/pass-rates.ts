/**
 * Cheats that pass with a probability, which the protocol knows: skipping a part of the tiles, walking over
 * a pool that lacks a part, and leaving random outs for a part of the lanes. Each is played many times, and
 * the count of passes stands beside the exact interval around theory.
 */

import type { ProofParams } from '../../../shared/proofs/protocol/parameters.ts';
import { leavesInPool, leavesPerRound } from '../../../shared/proofs/protocol/parameters.ts';
import { typescriptEngine } from '../../../shared/proofs/protocol/typescript-engine.ts';
import { type OpeningToVerify, verifyOpening } from '../../../shared/proofs/protocol/verify.ts';
import { binomialInterval, type Interval } from './binomial.ts';
import { Chance } from './chance.ts';
import { answer, drawsOf } from './play.ts';
import { Prover, type Tricks } from './prover.ts';
import { freshTask, smallFull, smallLight } from './tasks.ts';

/** One cheat, played `proofs` times. */
export interface PassRate {
  readonly name: string;
  /** Replays it. */
  readonly seed: string;
  readonly proofs: number;
  readonly passed: number;
  /** The probability that one passes. */
  readonly theory: number;
  /** Exact, 99.9 %: the counts that theory allows. */
  readonly interval: Interval;
}

interface Gamble {
  readonly name: string;
  readonly params: ProofParams;
  readonly theory: number;
  /** Walks of one commitment, each a proof from there on; 1: every proof commits anew. */
  readonly walksPerCommitment: number;
  tricksOf(chance: Chance): Tricks;
}

/** Who judges: the verifier as it is, unless a test has another. Answers `passed`, or anything else. */
type Judge = (proof: OpeningToVerify) => string;

const verifier: Judge = (proof) => verifyOpening(proof, typescriptEngine).verdict;

/** Plays a gamble; the same seed plays the same. */
const played = (
  gamble: Gamble,
  proofs: number,
  seed: string,
  judge: Judge = verifier,
): PassRate => {
  const { name, params, theory, walksPerCommitment } = gamble;
  const chance = new Chance(seed);
  let passed = 0;
  for (let made = 0; made < proofs; ) {
    const prover = new Prover(freshTask(chance, params), gamble.tricksOf(chance), chance);
    for (let walk = 0; walk < walksPerCommitment && made < proofs; walk += 1, made += 1) {
      if (judge(answer(prover, drawsOf(chance))) === 'passed') passed += 1;
    }
  }
  return { name, seed, proofs, passed, theory, interval: binomialInterval(proofs, theory) };
};

/** 100 leaves in 25 rounds of four, so that whole percents are whole leaves. */
const hundredLeaves: ProofParams = { ...smallLight, R: 25 };
const leavesEach = leavesPerRound(hundredLeaves);

/** Skips so many of each hundred tiles: every one of K samples has to miss them, or to match by chance. */
export const playSkips = (
  percent: number,
  proofs: number,
  seed: string,
  K = 64,
  judge: Judge = verifier,
): PassRate => {
  const params = { ...hundredLeaves, K };
  const gamble: Gamble = {
    name: `skips ${percent} % of the tiles, ${K} samples`,
    params,
    theory: (1 - (percent / 100) * (255 / 256)) ** K,
    walksPerCommitment: 1,
    tricksOf: (chance) => {
      const skipped = new Set(chance.choose(percent, 100));
      return { skips: (round, leaf) => skipped.has(round * leavesEach + leaf) };
    },
  };
  return played(gamble, proofs, seed, judge);
};

/** The probability of each number of different values among q draws of L: index 0 is none. */
const distinctDraws = (q: number, L: number): readonly number[] => {
  let chances = [1];
  for (let drawn = 0; drawn < q; drawn += 1) {
    const after = new Array<number>(chances.length + 1).fill(0);
    for (const [different, probability] of chances.entries()) {
      after[different] = (after[different] ?? 0) + (probability * different) / L;
      after[different + 1] = (after[different + 1] ?? 0) + probability * (1 - different / L);
    }
    chances = after;
  }
  return chances;
};

/**
 * Walks over a pool that lacks so many percent of its leaves, and puts random words in their place. One of
 * q lanes of S steps that read a missing leaf gives it away; lanes that come twice count once.
 */
export const playShortPool = (
  percent: number,
  proofs: number,
  seed: string,
  shape: Pick<ProofParams, 'S' | 'q'> = { S: 4, q: 4 },
): PassRate => {
  const params: ProofParams = { ...smallFull, R: 25, P: 25, K: 1, ...shape };
  const stored = 1 - percent / 100;
  const gamble: Gamble = {
    name: `lacks ${percent} % of the pool, ${shape.q} lanes of ${shape.S} steps`,
    params,
    theory: distinctDraws(params.q, params.L).reduce(
      (sum, probability, lanes) => sum + probability * stored ** (params.S * lanes),
      0,
    ),
    walksPerCommitment: 20,
    tricksOf: (chance) => {
      const missing = new Set(chance.choose(percent, leavesInPool(params)));
      const garbage = new Uint32Array(chance.bytes(1024).slice().buffer);
      return {
        poolLeaf: (round, leaf, honest) =>
          missing.has(round * leavesEach + leaf) ? garbage : honest,
      };
    },
  };
  return played(gamble, proofs, seed);
};

/** Leaves random outs for so many percent of the lanes: each of q draws has to miss them. */
export const playRandomLanes = (percent: number, proofs: number, seed: string): PassRate => {
  const params: ProofParams = { ...smallFull, K: 1, L: 64, q: 8 };
  const guessed = Math.round((params.L * percent) / 100);
  const gamble: Gamble = {
    name: `leaves random outs for ${percent} % of the lanes, ${params.q} opened`,
    params,
    theory: (1 - guessed / params.L) ** params.q,
    walksPerCommitment: 20,
    tricksOf: (chance) => {
      const random = new Set(chance.choose(guessed, params.L));
      return { laneOut: (lane, out) => (random.has(lane) ? chance.fill(out) : undefined) };
    },
  };
  return played(gamble, proofs, seed);
};

/** Whether the count is one that theory allows. */
export const isWithinTheory = ({ passed, interval }: PassRate): boolean =>
  interval.low <= passed && passed <= interval.high;

/** One line for people: seed, raw counts, theory, interval. */
export const describePassRate = (rate: PassRate): string =>
  `${rate.name}: ${rate.passed} of ${rate.proofs} passed; theory ${(100 * rate.theory).toPrecision(3)} %, ` +
  `99.9 % interval ${rate.interval.low}..${rate.interval.high}; seed "${rate.seed}"`;

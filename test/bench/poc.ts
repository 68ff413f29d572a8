/**
 * `poc`: what Proof of Compute costs and what it catches: the verifier's time and memory, the scheme that
 * it is compared with, cheaters that skip a part of the work beside theory, the prover's time outside of
 * its products, and the load that proofs are for a device. Several minutes; each part stands in a file of
 * its own, and only the prover and the products of a GPU depend on more than one core.
 */
import { isWithinTheory, playSkips } from '../support/proofs/pass-rates.ts';
import { type Findings, type Row, rounded } from './document.ts';
import { computeDuty } from './poc-duty.ts';
import { benchProver } from './poc-prover.ts';
import { benchVerifier } from './poc-verifier.ts';

const proofsEach = 1_000;
const percents = [1, 2, 5, 10] as const;
/** The protocol's number of samples, and a quarter of it, where more than nothing passes. */
const sampleCounts = [256, 64] as const;

/** Cheaters at small parameters: raw counts, theory, and the exact 99.9 % interval around it. */
const playCheaters = (): readonly Row[] =>
  sampleCounts.flatMap((samples) =>
    percents.map((percent) => {
      const rate = playSkips(percent, proofsEach, `bench poc ${percent} ${samples}`, samples);
      return {
        what: rate.name,
        proofs: rate.proofs,
        passed: rate.passed,
        pass_rate: rounded(rate.passed / rate.proofs),
        theory: Number(rate.theory.toPrecision(3)),
        low: rate.interval.low,
        high: rate.interval.high,
        within_theory: isWithinTheory(rate),
        seed: rate.seed,
      };
    }),
  );

export const benchPoc = async (): Promise<Findings> => {
  const verifier = await benchVerifier();
  const prover = await benchProver();
  const duty = computeDuty();
  return {
    figures: [...verifier.figures, ...prover.figures, ...duty.figures],
    rows: [...playCheaters(), ...verifier.rows, ...prover.rows, ...duty.rows],
    not_run: prover.not_run ?? [],
  };
};

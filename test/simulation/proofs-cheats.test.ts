/**
 * Cheats in numbers: how often those pass that the protocol lets pass now and then, against the exact 99.9 %
 * interval around theory, and that all others never do. Prints seeds, raw counts and intervals.
 */
import { typescriptEngine } from '../../shared/proofs/protocol/typescript-engine.ts';
import { verifyOpening } from '../../shared/proofs/protocol/verify.ts';
import { Chance } from '../support/proofs/chance.ts';
import { cheats } from '../support/proofs/cheats.ts';
import { forgeries } from '../support/proofs/forgeries.ts';
import {
  describePassRate,
  isWithinTheory,
  type PassRate,
  playRandomLanes,
  playShortPool,
  playSkips,
} from '../support/proofs/pass-rates.ts';

const proofs = 1_000;
const playsPerCheat = 50;

const expectTheory = (rate: PassRate): void => {
  process.stdout.write(`${describePassRate(rate)}\n`);
  expect({ ...rate, within: isWithinTheory(rate) }).toEqual({ ...rate, within: true });
  expect(rate.proofs).toBe(proofs);
};

describe('a prover that skips tiles passes as often as theory says', () => {
  it.each([1, 2, 5, 10])('%i %% of them, with 64 samples', (percent) => {
    expectTheory(playSkips(percent, proofs, `skips ${percent} of 100`));
  });

  it.each([1, 2])('%i %% of them, with the 256 samples of the protocol', (percent) => {
    expectTheory(playSkips(percent, proofs, `skips ${percent} of 100, K 256`, 256));
  });

  it.each([5, 10])('%i %% of them, with the 256 samples: never', (percent) => {
    const rate = playSkips(percent, proofs, `skips ${percent} of 100, K 256`, 256);
    expectTheory(rate);
    expect(rate.passed).toBe(0);
  });
});

describe('a prover whose pool is short passes as often as theory says', () => {
  it.each([2, 5, 20])('%i %% missing, few steps opened', (percent) => {
    expectTheory(playShortPool(percent, proofs, `lacks ${percent} of 100`));
  });

  it.each([5, 20])('%i %% missing, eight lanes of 64 steps opened: never', (percent) => {
    const shape = { S: 64, q: 8 };
    const rate = playShortPool(percent, proofs, `lacks ${percent} of 100, as full`, shape);
    expectTheory(rate);
    expect(rate.passed).toBe(0);
  });
});

it('a prover that guesses 25 % of its lanes passes as often as theory says', () => {
  expectTheory(playRandomLanes(25, proofs, 'guesses 25 of 100'));
});

describe('a prover that', () => {
  it.each([...cheats, ...forgeries].map((cheat) => [cheat.name, cheat] as const))(
    `%s never passes ${playsPerCheat} proofs`,
    (_, { name, reason, play }) => {
      const chance = new Chance(`many of: ${name}`);
      const found: Record<string, number> = {};
      for (let proof = 0; proof < playsPerCheat; proof += 1) {
        const verdict = verifyOpening(play(chance), typescriptEngine);
        const word = verdict.verdict === 'failed' ? verdict.reason : 'passed';
        found[word] = (found[word] ?? 0) + 1;
      }
      expect(found).toEqual({ [reason]: playsPerCheat });
    },
  );
});

/** When processors may be challenged: neither beside a slot's proof nor into the next slot. */
import { minuteMs } from '../../shared/core/time.ts';
import { uncalibrated } from '../../shared/proofs/calibration.ts';
import { type ChallengedLoad, challengeWaitMs } from '../../shared/proofs/challenge-window.ts';
import { policyOf, protocolPolicy } from '../../shared/proofs/policy.ts';
import { loadOf } from '../../shared/proofs/proof-load.ts';
import type { Profile } from '../../shared/proofs/protocol/parameters.ts';
import { startMs } from '../support/runtime.ts';

const gib = 2 ** 30;
const loadOfModel = (model: string, profile: Profile, policy = protocolPolicy) => {
  const processor = { kind: 'gpu', model, claim: { memory_bytes: 24 * gib } } as const;
  const load = loadOf(processor, uncalibrated, profile, policy, startMs);
  if (load === null) throw new Error(`${model} has no load`);
  return load;
};

/** An RTX 4090 that is asked for a light proof, and may be called for a full one. */
const usual: ChallengedLoad = {
  asked: loadOfModel('RTX 4090', 1),
  called: loadOfModel('RTX 4090', 2),
};
const uncalled: ChallengedLoad = { ...usual, called: null };
// startMs is the opening of a slot.
const waitAt = (afterMs: number, ...processors: readonly ChallengedLoad[]) =>
  challengeWaitMs(processors, protocolPolicy, startMs + afterMs);

describe('the wait before a challenge', () => {
  it("is none in the midst of a slot's period", () => {
    expect(waitAt(minuteMs, usual)).toBe(0);
    expect(waitAt(9 * minuteMs, usual)).toBe(0);
  });

  it('lasts until those that the slot called can be done', () => {
    const wait = waitAt(0, usual);
    // Four seconds of computing and two of walking, each as slow as may be.
    expect(wait).toBeGreaterThan(8_000);
    expect(wait).toBeLessThan(15_000);
    expect(waitAt(wait - 1, usual)).toBe(1);
    expect(waitAt(wait, usual)).toBe(0);
  });

  it('begins when the answer would reach into the next slot, and lasts over it', () => {
    const lastMs = 10 * minuteMs - 8_000;
    expect(waitAt(lastMs, usual)).toBe(0);
    const wait = waitAt(lastMs + 1_000, usual);
    expect(wait).toBe(7_000 + waitAt(0, usual));
    expect(waitAt(lastMs + 1_000 + wait, usual)).toBe(0);
  });

  it('is that of the slowest processor of all', () => {
    const slow = { asked: loadOfModel('RTX A6000', 2), called: loadOfModel('RTX A6000', 2) };
    expect(waitAt(0, usual, slow)).toBe(waitAt(0, slow));
    expect(waitAt(0, slow)).toBeGreaterThan(waitAt(0, usual));
    expect(waitAt(0, slow)).toBeLessThan(minuteMs);
  });

  it('is none for processors that slots do not call, and for no processors', () => {
    expect([waitAt(0, uncalled), waitAt(10 * minuteMs - 1, uncalled), waitAt(0)]).toEqual([
      0, 0, 0,
    ]);
  });

  it('is shorter where proofs are', () => {
    const local = policyOf('local');
    const small = {
      asked: loadOfModel('RTX 4090', 1, local),
      called: loadOfModel('RTX 4090', 1, local),
    };
    expect(challengeWaitMs([small], local, startMs)).toBeLessThan(waitAt(0, usual));
  });
});

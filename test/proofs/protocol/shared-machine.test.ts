/**
 * Two identities on one machine, on a simulated clock: each passes alone; called together, the later one is
 * too slow as long as the machine is less than one and a half times as fast as its reference, and in full
 * slots their pools do not fit side by side.
 */
import { decide, type ProofReference } from '../../../shared/proofs/protocol/decide.ts';
import type { ProofParams } from '../../../shared/proofs/protocol/parameters.ts';
import { typescriptEngine } from '../../../shared/proofs/protocol/typescript-engine.ts';
import type { Verdict } from '../../../shared/proofs/protocol/verdict.ts';
import { type OpeningToVerify, verifyOpening } from '../../../shared/proofs/protocol/verify.ts';
import { Chance } from '../../support/proofs/chance.ts';
import { testDevice } from '../../support/proofs/device.ts';
import { play } from '../../support/proofs/play.ts';
import {
  commitTimes,
  missingPart,
  type SimulatedMachine,
  walkMs,
} from '../../support/proofs/simulated-machine.ts';
import { freshTask, smallFull, withoutWalk } from '../../support/proofs/tasks.ts';

/** A third of a second of simulated work at 1 GOP/s. */
const light: ProofParams = { ...withoutWalk(smallFull), k: 1024, R: 40 };
const full: ProofParams = { ...light, profile: 2, P: 40, L: 64, S: 64, q: 8 };
const poolBytes = 40 * 64 * 64;

const reference: ProofReference = {
  gops: 1,
  capGops: 2,
  mbps: 10,
  memoryBytes: Math.floor((100 * poolBytes) / 85),
};
const machineWith = (g: number): SimulatedMachine => ({
  gops: g * reference.gops,
  mbps: reference.mbps,
  // Room for its own pool and a little.
  memoryBytes: 1.1 * poolBytes,
  linkMbps: 1,
});

const identities = ['one', 'two'].map((name) => testDevice(`identity ${name}`));

/** Honest light proofs of both identities, made once: only their times differ between machines. */
const lightProofs = identities.map((device) =>
  play(freshTask(new Chance('light'), light, device), new Chance('light draws')),
);

const word = (verdict: Verdict): string =>
  verdict.verdict === 'passed' ? 'passed' : verdict.reason;

/** The whole verdict: opening first, then times. */
const verdictOf = (
  proof: OpeningToVerify,
  times: { readonly t1: number; readonly walkMs?: number },
): string => {
  const opened = verifyOpening(proof, typescriptEngine);
  if (opened.verdict === 'failed') return opened.reason;
  const { params } = proof.record;
  const t1b = times.walkMs === undefined ? null : times.t1;
  const t2 = times.walkMs === undefined ? null : times.t1 + times.walkMs;
  return word(decide({ params, reference, times: { t0: 0, t1: times.t1, t1b, t2 } }));
};

/** Verdicts of the light proofs when both are called at once and run one after the other. */
const together = (g: number): readonly string[] => {
  const times = commitTimes(machineWith(g), [light, light], 0);
  return lightProofs.map((proof, at) => verdictOf(proof, { t1: times[at] as number }));
};

describe('two identities on one machine', () => {
  it.each([0.8, 1, 1.29, 1.49])('with a kernel of %f times the reference', (g) => {
    const [alone = 0] = commitTimes(machineWith(g), [light], 0);
    expect(lightProofs.map((proof) => verdictOf(proof, { t1: alone }))).toEqual([
      'passed',
      'passed',
    ]);
    expect(together(g)).toEqual(['passed', 'too_slow']);
  });

  it('pass together from one and a half times on, which is why that factor is watched', () => {
    expect(together(1.51)).toEqual(['passed', 'passed']);
  });

  it('fail both when they take turns', () => {
    // Interleaved, both end at the time of the later one.
    const [, last = 0] = commitTimes(machineWith(1.4), [light, light], 0);
    expect(lightProofs.map((proof) => verdictOf(proof, { t1: last }))).toEqual([
      'too_slow',
      'too_slow',
    ]);
  });

  it('have no room for two pools: the second walks over leaves that it does not have', () => {
    const machine = machineWith(1.6);
    const missing = missingPart(machine, [full, full]);
    expect(missing).toBeGreaterThan(0.85);
    expect(missingPart(machine, [full])).toBe(0);
    const chance = new Chance('two pools');
    const absent = new Set(chance.choose(Math.round(missing * 160), 160));
    const garbage = new Uint32Array(chance.bytes(1024).slice().buffer);
    const second = play(freshTask(chance, full, identities[1]), chance, {
      poolLeaf: (round, leaf, honest) => (absent.has(round * 4 + leaf) ? garbage : honest),
    });
    const [, t1 = 0] = commitTimes(machine, [full, full], 0);
    expect(verdictOf(second, { t1, walkMs: 1 })).toBe('lane_value');
  });

  it('are too slow when the second pool lies in the host’s memory', () => {
    const machine = machineWith(1.55);
    const chance = new Chance('host memory');
    const second = play(freshTask(chance, full, identities[1]), chance);
    const [, t1 = 0] = commitTimes(machine, [full, full], 0);
    const elsewhere = missingPart(machine, [full, full]);
    const timed = { t1, walkMs: walkMs(machine, full, elsewhere) };
    expect(verdictOf(second, timed)).toBe('walk_too_slow');
    expect(verdictOf(second, { t1, walkMs: walkMs(machine, full, 0) })).toBe('passed');
  });
});

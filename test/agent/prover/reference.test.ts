/**
 * The NumPy prover against the reference prover and the verifier, over parameters that a seed draws: the
 * same roots, the same commitments, the same opening, and a verifier that lets it pass.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bytesOfHex, toHex } from '../../../shared/proofs/protocol/bytes.ts';
import { deriveH2 } from '../../../shared/proofs/protocol/derivation.ts';
import { hasWalk, type ProofParams } from '../../../shared/proofs/protocol/parameters.ts';
import { typescriptEngine } from '../../../shared/proofs/protocol/typescript-engine.ts';
import { verifyOpening } from '../../../shared/proofs/protocol/verify.ts';
import { Chance } from '../../support/proofs/chance.ts';
import { testDevice } from '../../support/proofs/device.ts';
import { drawsOf, recordOf } from '../../support/proofs/play.ts';
import { Prover } from '../../support/proofs/prover.ts';
import { temporaryFolder } from '../support/folders.ts';
import { ProverClient } from './support/prover-client.ts';

const cases = Array.from({ length: 6 }, (_, at) => `numpy agrees ${at}`);

/** Shapes around the group of 64 leaves (n = 256), ragged inner lengths, pools from none to all rounds. */
const drawParams = (chance: Chance): ProofParams => {
  const R = 1 + chance.below(5);
  const P = chance.below(R + 1);
  return {
    profile: P > 0 ? 2 : 1,
    n: 64 << chance.below(4),
    k: 64 * (1 + chance.below(6)),
    R,
    P,
    L: P > 0 ? 64 << chance.below(3) : 0,
    S: P > 0 ? 1 + chance.below(6) : 0,
    K: 1 + chance.below(40),
    q: P > 0 ? 1 + chance.below(4) : 0,
  };
};

let prover: ProverClient;
beforeAll(() => {
  prover = new ProverClient();
});
afterAll(() => prover.end());

it.each(cases)('%s', async (seed) => {
  const chance = new Chance(seed);
  const params = drawParams(chance);
  const task = {
    ...{ sourceId: seed, sourceSeed: chance.bytes(32), device: testDevice('numpy'), params },
  };
  const reference = new Prover(task);
  const draws = drawsOf(chance);
  const begun = await prover.ask({
    op: 'begin',
    seed: toHex(reference.binding.seed),
    device_pub: toHex(task.device.publicKey),
    h0: toHex(reference.binding.h0),
    params,
  });
  const roots = begun['roots'] as readonly string[];
  expect(roots.join('')).toBe(toHex(reference.roots()));
  expect(begun['h1']).toBe(toHex(reference.h1));

  const walked = hasWalk(params) ? reference.walk(draws.walkSeed) : null;
  if (walked !== null) {
    const answer = await prover.ask({ op: 'walk', walk_seed: toHex(draws.walkSeed) });
    expect(answer['lane_root']).toBe(toHex(walked.commitment.laneRoot));
  }
  const path = join(temporaryFolder(), 'opening');
  const h2 = toHex(deriveH2(reference.h1, walked?.commitment ?? null));
  const draw = { sample_seed: toHex(draws.sampleSeed), h2, path };
  expect(await prover.ask({ op: 'open', ...draw })).toMatchObject({ ok: true });
  const opening = readFileSync(path);
  expect(opening.equals(Buffer.concat(reference.sections(draws.sampleSeed, walked)))).toBe(true);

  const record = {
    ...recordOf(reference, walked, draws),
    h1: bytesOfHex(String(begun['h1'])),
  };
  const verdict = verifyOpening({ record, signatures: 'checked', opening }, typescriptEngine);
  expect(verdict).toEqual({ verdict: 'passed' });
});

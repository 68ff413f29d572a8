/** The computing of one proof outlives one crash of its prover at any step, and believes no second truth. */

import { ProverFailed } from '../../../agent/proofs/prover.ts';
import { openSession } from '../../../agent/proofs/session.ts';
import type { ProofParams } from '../../../shared/proofs/protocol/parameters.ts';
import { tinyParams } from './support/assignment.ts';
import { crash, fakeProver, type ProverCall } from './support/fake-prover.ts';

const limits = { beginMs: 1, walkMs: 2, openMs: 3 };
const seed = (byte: number) => new Uint8Array(32).fill(byte);
const draw = { sampleSeed: seed(7), h2: seed(8) };

const setup = (
  before?: (call: ProverCall, count: number) => void,
  params: ProofParams = tinyParams.full,
) => {
  const { prover, calls } = fakeProver(before);
  const start = { seed: seed(1), devicePub: seed(2), h0: seed(3), params };
  const session = openSession(prover, start, limits);
  const play = async () => {
    const roots = await session.roots();
    const laneRoot = await session.lanes(seed(4));
    return { roots, laneRoot, opening: await session.opening(draw) };
  };
  return { prover, calls, session, play };
};

it('asks each thing once', async () => {
  const { play, calls } = setup();
  await play();
  expect(calls).toEqual(['begin', 'walk', 'open']);
});

it.each([
  ['begin', ['begin', 'begin', 'walk', 'open']],
  ['walk', ['begin', 'walk', 'begin', 'walk', 'open']],
  ['open', ['begin', 'walk', 'open', 'begin', 'walk', 'open']],
] as const)('computes again what a crash at %s has lost', async (at, expected) => {
  const { play, calls } = setup((call, count) => {
    if (call === at && count === 1) throw crash();
  });
  const honest = await setup().play();
  expect(await play()).toEqual(honest);
  expect(calls).toEqual(expected);
});

it('opens again without a walk where there is none', async () => {
  const crashing = (call: ProverCall, count: number) => {
    if (call === 'open' && count === 1) throw crash();
  };
  const { session, calls } = setup(crashing, tinyParams.light);
  await session.roots();
  await session.opening(draw);
  expect(calls).toEqual(['begin', 'open', 'begin', 'open']);
});

it('gives up at the second crash', async () => {
  const { play, calls } = setup((call) => {
    if (call === 'walk') throw crash();
  });
  await expect(play()).rejects.toMatchObject({ hasCrashed: true });
  expect(calls).toEqual(['begin', 'walk', 'begin', 'walk']);
});

it('does not ask again what the prover refuses', async () => {
  const { play, calls } = setup((call) => {
    if (call === 'walk') throw new ProverFailed('there is not enough memory', false);
  });
  await expect(play()).rejects.toThrow('memory');
  expect(calls).toEqual(['begin', 'walk']);
});

it('believes no other roots the second time: they would not fit what was signed', async () => {
  const { prover } = fakeProver((call, count) => {
    if (call === 'walk' && count === 1) throw crash();
  });
  let begins = 0;
  const changing = {
    ...prover,
    begin: async (...given: Parameters<typeof prover.begin>) => {
      begins += 1;
      const roots = await prover.begin(...given);
      return begins === 1 ? roots : roots.map((byte) => byte ^ 1);
    },
  };
  const start = { seed: seed(1), devicePub: seed(2), h0: seed(3), params: tinyParams.full };
  const session = openSession(changing, start, limits);
  await session.roots();
  await expect(session.lanes(seed(4))).rejects.toThrow('another value');
});

it.each([
  ['too few roots', { begin: async () => new Uint8Array(64) }],
  ['an opening of another length', { open: async () => new Uint8Array(17) }],
])('refuses %s', async (_, other) => {
  const { prover } = fakeProver();
  const start = { seed: seed(1), devicePub: seed(2), h0: seed(3), params: tinyParams.full };
  const session = openSession({ ...prover, ...other }, start, limits);
  const play = async () => {
    await session.roots();
    await session.lanes(seed(4));
    await session.opening(draw);
  };
  await expect(play()).rejects.toMatchObject({ name: 'ProverFailed', hasCrashed: false });
});

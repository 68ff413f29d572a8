/** Tasks of small size: the shapes of the protocol's classes scaled down, and a fresh task of each. */
import type { ProofParams } from '../../../shared/proofs/protocol/parameters.ts';
import type { Chance } from './chance.ts';
import { type TestDevice, testDevice } from './device.ts';
import type { Task } from './prover.ts';

/** 256 samples as in the protocol, four rounds, a pool of two, a walk of 64 lanes. */
export const smallFull: ProofParams = {
  profile: 2,
  n: 64,
  k: 64,
  R: 4,
  P: 2,
  L: 64,
  S: 4,
  K: 256,
  q: 8,
};

/** The same without a walk. */
export const withoutWalk = (params: ProofParams): ProofParams => ({
  ...params,
  profile: 1,
  P: 0,
  L: 0,
  S: 0,
  q: 0,
});

export const smallLight = withoutWalk(smallFull);

/** The classes' shapes (k = n for XL, k = 2n for the others), small enough for a CPU in milliseconds. */
export const smallClasses: Readonly<Record<string, ProofParams>> = {
  XL: { ...smallFull, n: 128, k: 128, R: 3, P: 3, L: 256 },
  L: { ...smallFull, n: 128, k: 256, R: 2, P: 1, L: 128 },
  M: { ...smallFull, n: 64, k: 128, R: 3, P: 2 },
  S: { ...smallFull, n: 64, k: 128, R: 2, P: 2, S: 8 },
  XS: { ...smallFull, n: 64, k: 64, R: 5, P: 1 },
};

const device = testDevice('of all small tasks');

/** A task with a seed of its own. */
export const freshTask = (chance: Chance, params: ProofParams, by: TestDevice = device): Task => ({
  sourceId: `chl_${chance.word()}`,
  sourceSeed: chance.bytes(32),
  device: by,
  params,
});

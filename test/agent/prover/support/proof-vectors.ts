/** The published proofs, and a prover's answers to them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { toHex } from '../../../../shared/proofs/protocol/bytes.ts';
import { temporaryFolder } from '../../support/folders.ts';
import type { ProverClient } from './prover-client.ts';
import { vectorsFile } from './python-checks.ts';

export interface ProofVector {
  readonly name: string;
  readonly inputs: {
    readonly params: Readonly<Record<string, number>>;
    readonly walk_seed: string;
    readonly sample_seed: string;
  };
  readonly expected: Readonly<Record<string, unknown>>;
}

export const proofVectors: readonly ProofVector[] = JSON.parse(
  readFileSync(vectorsFile, 'utf8'),
).proofs;

export const hasWalk = ({ expected }: ProofVector): boolean => 'lane_root' in expected;

/** Asks for the whole proof and compares every answer, and the opening byte for byte. */
export const reproduce = async (prover: ProverClient, vector: ProofVector): Promise<void> => {
  const { inputs, expected } = vector;
  const begun = await prover.ask({
    ...{ id: 1, op: 'begin' },
    ...{ seed: expected['seed'], device_pub: expected['device_pub'], h0: expected['h0'] },
    params: { profile: hasWalk(vector) ? 2 : 1, ...inputs.params },
  });
  expect(begun).toMatchObject({ ok: true, roots: expected['roots'], h1: expected['h1'] });
  if (hasWalk(vector)) {
    const walked = await prover.ask({ id: 2, op: 'walk', walk_seed: inputs.walk_seed });
    expect(walked).toMatchObject({ id: 2, ok: true, lane_root: expected['lane_root'] });
  }
  const path = join(temporaryFolder(), 'opening');
  const draw = { sample_seed: inputs.sample_seed, h2: expected['h2'] };
  const opened = await prover.ask({ id: 3, op: 'open', path, ...draw });
  expect(opened).toEqual({ id: 3, ok: true, bytes: expected['opening_length'] });
  expect(toHex(readFileSync(path))).toBe(expected['opening']);
};

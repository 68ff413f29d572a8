/** The NumPy prover reproduces the published vectors, bit for bit, alone and shared among processes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { present } from '../../../shared/core/assert.ts';
import { sha256, toHex } from '../../../shared/proofs/protocol/bytes.ts';
import { temporaryFolder } from '../support/folders.ts';
import { ProverClient } from './support/prover-client.ts';

interface ProofVector {
  readonly name: string;
  readonly inputs: {
    readonly params: Readonly<Record<string, number>>;
    readonly walk_seed: string;
    readonly sample_seed: string;
  };
  readonly expected: Readonly<Record<string, unknown>>;
}

const vectors: readonly ProofVector[] = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../contracts/poc1-vectors.json'), 'utf8'),
).proofs;

it('exist for proofs with and without a walk', () => {
  expect(vectors.filter(({ expected }) => 'lane_root' in expected).length).toBeGreaterThan(0);
  expect(vectors.filter(({ expected }) => !('lane_root' in expected)).length).toBeGreaterThan(0);
});

describe.each([1, 2, 3])('with %i threads', (threads) => {
  let prover: ProverClient;
  beforeAll(() => {
    prover = new ProverClient(['--backend', 'numpy', '--threads', String(threads)]);
  });
  afterAll(() => prover.end());

  it.each(vectors)('$name', async ({ inputs, expected }) => {
    const walks = 'lane_root' in expected;
    const begun = await prover.ask({
      ...{ id: 1, op: 'begin' },
      ...{ seed: expected['seed'], device_pub: expected['device_pub'], h0: expected['h0'] },
      params: { profile: walks ? 2 : 1, ...inputs.params },
    });
    expect(begun).toMatchObject({ ok: true, roots: expected['roots'], h1: expected['h1'] });
    if (walks) {
      const walked = await prover.ask({ id: 2, op: 'walk', walk_seed: inputs.walk_seed });
      expect(walked).toMatchObject({ id: 2, ok: true, lane_root: expected['lane_root'] });
    }
    const path = join(temporaryFolder(), 'opening');
    const draw = { sample_seed: inputs.sample_seed, h2: expected['h2'] };
    const opened = await prover.ask({ id: 3, op: 'open', path, ...draw });
    expect(opened).toEqual({ id: 3, ok: true, bytes: expected['opening_length'] });
    const opening = readFileSync(path);
    expect(toHex(sha256(opening))).toBe(expected['opening_sha256']);
    expect(toHex(opening)).toBe(present(expected['opening'], 'the public file has it whole'));
  });
});

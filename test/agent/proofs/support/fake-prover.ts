/** A prover in memory that answers digests of what it was asked, and does otherwise when a test says so. */
import { type Prover, ProverFailed } from '../../../../agent/proofs/prover.ts';
import { sha256 } from '../../../../shared/proofs/protocol/bytes.ts';
import { openingBytesOf } from '../../../../shared/proofs/protocol/opening.ts';
import type { ProofParams } from '../../../../shared/proofs/protocol/parameters.ts';

export type ProverCall = 'begin' | 'walk' | 'open' | 'drop' | 'selfTest';

export const crash = () => new ProverFailed('The prover ended: SIGKILL.', true);

/** `before` is called ahead of each answer; what it throws is the answer. */
export const fakeProver = (before: (call: ProverCall, count: number) => void = () => undefined) => {
  const calls: ProverCall[] = [];
  let begun: ProofParams | undefined;
  const note = (call: ProverCall): void => {
    calls.push(call);
    try {
      before(call, calls.filter((one) => one === call).length);
    } catch (thrown) {
      if (thrown instanceof ProverFailed && thrown.hasCrashed) begun = undefined;
      throw thrown;
    }
  };
  const held = (): ProofParams => {
    if (begun) return begun;
    throw new ProverFailed('begin comes first', false);
  };
  const prover: Prover = {
    begin: async ({ seed, params }) => {
      note('begin');
      begun = params;
      return Buffer.concat(Array.from({ length: params.R }, (_, t) => sha256(seed, String(t))));
    },
    walk: async (walkSeed) => {
      note('walk');
      held();
      return sha256('lanes', walkSeed);
    },
    open: async () => {
      note('open');
      return new Uint8Array(openingBytesOf(held()));
    },
    drop: async () => note('drop'),
    selfTest: async () => {
      note('selfTest');
      return { backend: 'fake', device: 'none' };
    },
    isRunning: () => true,
    end: () => undefined,
  };
  return { prover, calls };
};

/**
 * The proofs of this device in their turn: one at a time for each processor, those of different GPUs beside
 * each other. Others wait here until the device, or one processor, has nothing to prove.
 */
import { inBackground } from '../background.ts';
import type { AgentRuntime } from '../runtime.ts';

/** `gpuIndex` is null for the CPU. */
export interface ProofWork {
  /** Runs `work` behind what the processor was asked for before. */
  inTurn<T>(gpuIndex: number | null, work: () => Promise<T>): Promise<T>;
  /** Settles when nothing is asked of the processor; of any processor when none is named. */
  whenIdle(gpuIndex?: number | null): Promise<void>;
}

/** Work of a device that has nothing to do yet. */
export const createProofWork = (runtime: Pick<AgentRuntime, 'log'>): ProofWork => {
  const last = new Map<number | null, Promise<unknown>>();

  const pending = (gpuIndex?: number | null): readonly Promise<unknown>[] =>
    [...last]
      .filter(([index]) => gpuIndex === undefined || index === gpuIndex)
      .map(([, one]) => one);

  return {
    inTurn: (gpuIndex, work) => {
      const mine = (last.get(gpuIndex) ?? Promise.resolve()).then(work);
      const settled = mine
        .catch(() => undefined)
        .then(() => {
          if (last.get(gpuIndex) === settled) last.delete(gpuIndex);
        });
      last.set(gpuIndex, settled);
      inBackground(runtime.log, 'proof', settled);
      return mine;
    },
    whenIdle: async (gpuIndex) => {
      for (let left = pending(gpuIndex); left.length > 0; left = pending(gpuIndex)) {
        await Promise.all(left);
      }
    },
  };
};

/** What the steps of close-epoch are called with, and what they answer: names and numbers only. */
import { present } from '../../../shared/core/assert.ts';
import type { Epoch, EpochResult } from '../../../shared/rewards/epoch.ts';
import { getEpoch } from '../../../shared/rewards/epoch-store.ts';
import type { Runtime } from '../../kit/runtime.ts';
import type { StepOutcome } from '../../kit/step.ts';

export interface EpochStepInput {
  readonly step: string;
  /** Empty only for `open-epoch`, which chooses the hour. */
  readonly epoch_id: string;
  /** Name of the manifest; for `verify-epoch` and `commit-epoch`. */
  readonly output_hash?: string;
  /** Number of a shard or of a document; for the steps that work on one of many. */
  readonly item?: number;
}

export interface EpochOutcome extends StepOutcome {
  readonly epoch_id: string;
  readonly output_hash?: string;
  /** What the steps that come next are called for, one by one. */
  readonly items: readonly number[];
}

/** 0 to count - 1. */
export const numbersTo = (count: number): readonly number[] =>
  Array.from({ length: count }, (_, index) => index);

/** The epoch that a step was called for. */
export const requireEpoch = async (
  { database }: Pick<Runtime, 'database'>,
  { epoch_id: epochId }: EpochStepInput,
): Promise<Epoch> => present(await getEpoch(database, epochId), `${epochId} was not opened`);

/** An epoch that was committed, and what it came to. */
export const requireCommitted = async (
  needs: Pick<Runtime, 'database'>,
  input: EpochStepInput,
): Promise<{ readonly epoch: Epoch; readonly result: EpochResult }> => {
  const epoch = await requireEpoch(needs, input);
  return { epoch, result: present(epoch.result, `${epoch.id} was not committed`) };
};

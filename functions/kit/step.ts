/**
 * The pipeline of workflow steps: one function per state machine, the step's name in the payload.
 * Refusals are data (`{ outcome }`, read by a Choice state); what is thrown is a fault that passes, which
 * the machine retries by its name, or a bug, which fails the execution with an alarm.
 */
import { assert } from '../../shared/core/assert.ts';
import { AppError } from '../../shared/core/errors.ts';
import type { Lane } from '../../shared/payments/payouts/payout.ts';
import type { Runtime } from './runtime.ts';

/** What a state machine sends to a step, beside the id of its subject; ids only. */
interface StepCall {
  readonly step: string;
  /** Present where the machine waits for somebody to report. */
  readonly task_token?: string;
}

/** Of a state machine whose subject is a cluster. */
export interface StepInput extends StepCall {
  readonly cluster_id: string;
}

/** Of a state machine whose subject is a device. */
export interface DeviceStepInput extends StepCall {
  readonly device_id: string;
}

/** Of a state machine whose subject is a lane of payouts. */
export interface LaneStepInput extends StepCall {
  readonly lane_id: Lane;
}

/** Of a state machine whose subject is the own mint of IO. */
export interface MintStepInput extends StepCall {
  readonly mint_id: string;
}

export interface StepOutcome {
  readonly outcome: string;
}

export type Step<Needs, Input extends StepCall = StepInput> = (
  needs: Needs,
  input: Input,
) => Promise<StepOutcome>;

/** Something that a step needs is unavailable for now; the machine knows this name and calls it again. */
class StepUnavailable extends Error {
  override readonly name = 'StepUnavailable';
}

/** The Lambda handler of a state machine's steps. */
export const stepFunction =
  <Needs extends Runtime, Input extends StepCall = StepInput>(
    runtime: Needs,
    steps: Readonly<Record<string, Step<Needs, Input>>>,
  ) =>
  async (event: Input): Promise<StepOutcome> => {
    await runtime.clock.refresh();
    const step = steps[event.step];
    assert(step, `no step is named ${event.step}`);
    const outcome = await step(runtime, event).catch(rethrow);
    const { task_token: _, ...names } = event;
    runtime.log.info('step.finished', { ...names, ...outcome });
    return outcome;
  };

const rethrow = (error: unknown): never => {
  if (!(error instanceof AppError) || error.kind !== 'unavailable') throw error;
  throw new StepUnavailable(error.message, { cause: error });
};

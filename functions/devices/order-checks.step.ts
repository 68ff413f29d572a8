/**
 * Step `order-checks` of verify-device: keeps the token with which a change of the device wakes the
 * workflow, and asks the device for what is missing next. The workflow then waits, and looks again.
 */
import type { WorkflowPort } from '../../shared/adapters/workflows.ts';
import { present } from '../../shared/core/assert.ts';
import { WriteRefused } from '../../shared/core/database.ts';
import {
  advanced,
  judgeVerification,
  nextCheck,
  type VerificationFacts,
} from '../../shared/devices/verification.ts';
import { putVerification, putVerificationWait } from '../../shared/devices/verification-store.ts';
import type { Runtime } from '../kit/runtime.ts';
import type { DeviceStepInput, StepOutcome } from '../kit/step.ts';
import { loadVerification } from './load-verification.ts';
import { orderProofs } from './order-proofs.ts';
import { orderRayTest } from './order-ray-test.ts';
import { orderSpeedTest } from './order-speed-test.ts';

export type VerifyRuntime = Runtime & { readonly workflows: Pick<WorkflowPort, 'wake'> };

export const orderChecksStep = async (
  needs: VerifyRuntime,
  input: DeviceStepInput,
): Promise<StepOutcome> => {
  const taskToken = present(input.task_token, 'order-checks without a task token');
  await needs.database.write(putVerificationWait(input.device_id, taskToken));
  // Read after the token was stored: whoever changes the device later finds the token.
  const nowMs = needs.clock.nowMs();
  const facts = await loadVerification(needs.database, input.device_id, nowMs);
  const outcome = facts ? judgeVerification(facts, nowMs).outcome : 'left';
  if (facts && outcome === 'ask') await ask(needs, facts, nowMs);
  // Where there is nothing to wait for, it goes on at once.
  else if (outcome !== 'wait') await needs.workflows.wake(taskToken);
  return { outcome: 'ordered' };
};

const ask = async (needs: Runtime, facts: VerificationFacts, nowMs: number): Promise<void> => {
  try {
    await orderOf[nextCheck(facts.device, nowMs) ?? 'nothing'](needs, facts, nowMs);
  } catch (error) {
    // The device or its verification changed meanwhile; the workflow looks again.
    if (!(error instanceof WriteRefused)) throw error;
  }
};

type Order = (needs: Runtime, facts: VerificationFacts, nowMs: number) => Promise<void>;

const orderOf: Readonly<Record<NonNullable<ReturnType<typeof nextCheck>> | 'nothing', Order>> = {
  speed_test: async (needs, { device, verification, isHeard }, nowMs) => {
    // A device whose agent does not run yet finds the command when it starts, and has failed nothing.
    const speedTests = verification.speedTests + (isHeard ? 1 : 0);
    await orderSpeedTest(needs, device, nowMs, [
      putVerification(advanced(verification, { speedTests })),
    ]);
  },
  proofs: orderProofs,
  ray_test: async (needs, { device, verification }, nowMs) => {
    const rayTests = verification.rayTests + 1;
    // First the command, whose id is that of the attempt: whoever dies in between orders the same one again.
    await orderRayTest(needs, device, nowMs, rayTests);
    const after = advanced(verification, { rayTests, rayOrderedAtMs: nowMs });
    await needs.database.write(putVerification(after));
  },
  nothing: async () => {},
};

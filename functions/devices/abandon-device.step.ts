/** Step `abandon-device` of verify-device: the workflow itself met a fault; the device is tried again later. */
import { retryRefused } from '../kit/retry.ts';
import type { Runtime } from '../kit/runtime.ts';
import type { DeviceStepInput, StepOutcome } from '../kit/step.ts';
import { failVerification } from './fail-verification.ts';
import { loadVerification } from './load-verification.ts';

export const abandonDeviceStep = (needs: Runtime, input: DeviceStepInput): Promise<StepOutcome> =>
  retryRefused(needs, async () => {
    const nowMs = needs.clock.nowMs();
    const facts = await loadVerification(needs.database, input.device_id, nowMs);
    if (facts) await failVerification(needs, facts, 'platform_fault', nowMs);
    return { outcome: 'failed' };
  });

/**
 * Step `assess-device` of verify-device: looks at what is stored and decides whether the device is ready,
 * left, failed, or to be waited for. How a verification ended stands in its item, and why it failed in
 * the device, with an event.
 */

import { ended, judgeVerification } from '../../shared/devices/verification.ts';
import { putVerification } from '../../shared/devices/verification-store.ts';
import { retryRefused } from '../kit/retry.ts';
import type { Runtime } from '../kit/runtime.ts';
import type { DeviceStepInput, StepOutcome } from '../kit/step.ts';
import { failVerification } from './fail-verification.ts';
import { loadVerification } from './load-verification.ts';

export const assessDeviceStep = (needs: Runtime, input: DeviceStepInput): Promise<StepOutcome> =>
  retryRefused(needs, async () => {
    const nowMs = needs.clock.nowMs();
    const facts = await loadVerification(needs.database, input.device_id, nowMs);
    if (!facts) return { outcome: 'left' };
    const judgement = judgeVerification(facts, nowMs);
    switch (judgement.outcome) {
      case 'ask':
      case 'wait':
        return { outcome: 'wait' };
      case 'failed':
        await failVerification(needs, facts, judgement.reason, nowMs);
        return { outcome: 'failed' };
      default:
        await needs.database.write(
          putVerification(ended(facts.verification, judgement.outcome, nowMs)),
        );
        return { outcome: judgement.outcome };
    }
  });

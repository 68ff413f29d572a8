/** Lambda `devices-verify`: the steps of the state machine verify-device. */
import { workflows } from '../../shared/adapters/workflows.ts';
import { abandonDeviceStep } from '../devices/abandon-device.step.ts';
import { assessDeviceStep } from '../devices/assess-device.step.ts';
import { orderChecksStep } from '../devices/order-checks.step.ts';
import { createRuntime, environment } from '../kit/runtime.ts';
import { stepFunction } from '../kit/step.ts';

export const handler = stepFunction(
  { ...createRuntime(environment()), workflows: workflows() },
  {
    'order-checks': orderChecksStep,
    'assess-device': assessDeviceStep,
    'abandon-device': abandonDeviceStep,
  },
);

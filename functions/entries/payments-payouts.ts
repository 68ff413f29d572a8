/** Lambda `payments-payouts`: the steps of the state machine pay-suppliers. */
import { environment } from '../kit/runtime.ts';
import { stepFunction } from '../kit/step.ts';
import { createPayoutRuntime } from '../payments/payouts/payout-runtime.ts';
import { payoutSteps } from '../payments/payouts/steps.ts';

export const handler = stepFunction(createPayoutRuntime(environment()), payoutSteps);

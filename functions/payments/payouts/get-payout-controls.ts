/** GET /v1/payout-controls: whether payouts are stopped, and why, for the operator. */
import { getPayoutControls as find } from '../../../shared/payments/payouts/payout-controls-store.ts';
import { payoutControlsToJson } from '../../../shared/payments/payouts/payout-schemas.ts';
import type { Runtime } from '../../kit/runtime.ts';

export const getPayoutControls = async (needs: Pick<Runtime, 'database'>) =>
  payoutControlsToJson(await find(needs.database));

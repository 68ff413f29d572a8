/** The wallet that an organisation's earnings are paid to, or why nothing can be paid yet. */
import type { Token } from '../../../shared/core/chain.ts';
import { AppError } from '../../../shared/core/errors.ts';
import { isoOf } from '../../../shared/core/time.ts';
import {
  decidePayoutWallet,
  type PayoutWallet,
} from '../../../shared/payments/payouts/payout-wallet.ts';
import { getPayoutWallet } from '../../../shared/payments/payouts/payout-wallet-store.ts';
import type { Runtime } from '../../kit/runtime.ts';

/** `payout_wallet.not_found`, or `payout_wallet.cooling_down` unless one that cools down will do. */
export const requirePayoutWallet = async (
  needs: Pick<Runtime, 'database' | 'clock'>,
  organisation: string,
  token: Token,
  { coolsDown = false } = {},
): Promise<PayoutWallet> => {
  const current = await getPayoutWallet(needs.database, organisation, token);
  const decision = decidePayoutWallet(current, needs.clock.nowMs());
  if (decision.outcome === 'missing') throw new AppError('payout_wallet.not_found');
  if (decision.outcome === 'cooling_down' && !coolsDown) {
    throw new AppError('payout_wallet.cooling_down', {
      extra: { payable_from: isoOf(decision.untilMs) },
    });
  }
  return decision.wallet;
};

/**
 * Makes a top-up, if the organisation's limits for cards have room for it: one transaction for both. The
 * top-up that is there already, of a resumed attempt, is the answer. One that gave its room back is taken
 * in again before it is paid after all.
 */
import { AppError } from '../../../shared/core/errors.ts';
import { formatUsd, moneyToJson, usd } from '../../../shared/core/money.ts';
import { isoOf } from '../../../shared/core/time.ts';
import {
  admitTopUp as admit,
  type TopUpAdmission,
} from '../../../shared/payments/cards/card-account.ts';
import {
  getCardAccount,
  putCardAccount,
} from '../../../shared/payments/cards/card-account-store.ts';
import { newTopUp, type TopUp, type TopUpInput } from '../../../shared/payments/cards/top-up.ts';
import { getTopUp, putTopUp } from '../../../shared/payments/cards/top-up-store.ts';
import { retryRefused } from '../../kit/retry.ts';
import { type CommitRuntime, commit } from '../../kit/transaction.ts';

export const admitTopUp = (needs: CommitRuntime, input: TopUpInput): Promise<TopUp> =>
  retryRefused(needs, async () => {
    const made = await getTopUp(needs.database, input.id);
    if (made) return made;
    const account = await getCardAccount(needs.database, input.organisation);
    const order = { id: input.id, units: input.units, automatic: false };
    const admission = admit(account, order, input.nowMs);
    if (admission.outcome !== 'admitted') throw refusalOf(admission);
    const topUp = newTopUp(input);
    await commit(needs, [putTopUp(topUp), putCardAccount(admission.account)]);
    return topUp;
  });

/**
 * Counts a try below the limits: a top-up that gave its room back and is paid after all, or, of no credit, a
 * page on which a card is saved, for cards are tried there too. What counts already changes nothing. Throws
 * `card.frozen` and `top_up.limit_reached`. It is no automatic one: somebody asks for it.
 */
export const admitTry = (
  needs: CommitRuntime,
  { id, units, organisation }: Pick<TopUp, 'units' | 'organisation'> & { readonly id: string },
  nowMs: number,
): Promise<void> =>
  retryRefused(needs, async () => {
    const account = await getCardAccount(needs.database, organisation);
    const admission = admit(account, { id, units, automatic: false }, nowMs);
    if (admission.outcome !== 'admitted') throw refusalOf(admission);
    if (admission.account !== account) await commit(needs, [putCardAccount(admission.account)]);
  });

const refusalOf = (refusal: Exclude<TopUpAdmission, { outcome: 'admitted' }>): AppError => {
  if (refusal.outcome === 'frozen') {
    return new AppError('card.frozen', { extra: { reason: refusal.reason } });
  }
  const { limits, againAtMs } = refusal;
  return new AppError('top_up.limit_reached', {
    message:
      `Cards may buy ${formatUsd(limits.units)} in ${limits.count} tries within 24 hours here; ` +
      `this one fits from ${isoOf(againAtMs)} on.`,
    extra: {
      limit: moneyToJson(usd(limits.units)),
      tries_max: limits.count,
      again_at: isoOf(againAtMs),
    },
  });
};

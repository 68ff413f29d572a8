/**
 * Task `backfill-events`: fetches the provider's events of the last three days and processes those that
 * never arrived, by the same way as those that did.
 */
import { dayMs } from '../../shared/core/time.ts';
import { readProviderEvent } from '../../shared/payments/provider-event.ts';
import { forEachDue, type TaskOutcome } from '../kit/schedule.ts';
import type { PaymentNeeds } from './payment-needs.ts';
import { processProviderEvent } from './process-provider-event.queue.ts';
import { keepEvent } from './receive-stripe-event.ts';

const backMs = 3 * dayMs;

export const backfillEvents = async (needs: PaymentNeeds): Promise<TaskOutcome> => {
  const stripe = await needs.stripe();
  const sinceMs = needs.clock.nowMs() - backMs;
  const missed: { readonly id: string; readonly payload: string }[] = [];
  let after: string | undefined;
  do {
    const page = await stripe.listEvents({ sinceMs, after });
    // Events of another mode or account are not ours, and what we cannot read leads nowhere.
    missed.push(...page.items.filter(({ payload }) => isOurs(needs, payload)));
    after = page.next;
  } while (after !== undefined);
  const process = async ({ id, payload }: { readonly id: string; readonly payload: string }) => {
    if (!(await keepEvent(needs, id, payload))) return;
    needs.log.warn('provider_event.backfilled', { event_id: id });
    await processProviderEvent(needs, { event_id: id });
  };
  // Oldest first, as they would have come.
  return forEachDue(needs, missed.reverse(), process, ({ id }) => id);
};

const isOurs = ({ keyMode }: PaymentNeeds, payload: string): boolean => {
  const event = readProviderEvent(payload);
  return event !== undefined && event.liveMode === (keyMode === 'live') && event.account === null;
};

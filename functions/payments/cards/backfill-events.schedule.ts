/**
 * Task `backfill-events`: fetches the provider's events of the last three days and processes those that
 * never arrived, by the same way as those that did. It works page by page, newest first: a run that is cut off has
 * done its pages, and the order does not matter, for what follows from an event is fetched.
 */

import type { ProviderEvent } from '../../../shared/adapters/stripe-port.ts';
import { dayMs } from '../../../shared/core/time.ts';
import { readProviderEvent } from '../../../shared/payments/cards/provider-event.ts';
import { findProcessed } from '../../../shared/payments/cards/provider-event-store.ts';
import { forEachDue, type TaskOutcome } from '../../kit/schedule.ts';
import type { PaymentNeeds } from './payment-needs.ts';
import { processProviderEvent } from './process-provider-event.queue.ts';
import { keepEvent } from './receive-stripe-event.ts';

const backMs = 3 * dayMs;

export const backfillEvents = async (needs: PaymentNeeds): Promise<TaskOutcome> => {
  const stripe = await needs.stripe();
  const sinceMs = needs.clock.nowMs() - backMs;
  const process = async ({ id, payload }: ProviderEvent): Promise<void> => {
    if (!(await keepEvent(needs, id, payload))) return;
    needs.log.warn('provider_event.backfilled', { event_id: id });
    await processProviderEvent(needs, { event_id: id });
  };
  let [done, failed] = [0, 0];
  let after: string | undefined;
  do {
    const page = await stripe.listEvents({ sinceMs, after });
    const missed = await missedOf(needs, page.items);
    const outcome = await forEachDue(needs, missed, process, ({ id }) => id);
    done += outcome.done;
    failed += outcome.failed;
    after = page.next;
  } while (after !== undefined);
  return { done, failed };
};

/** Events of a page, 100 at most, whose work is not done: to look is cheaper than to try to keep each. */
const missedOf = async (
  needs: PaymentNeeds,
  events: readonly ProviderEvent[],
): Promise<readonly ProviderEvent[]> => {
  // Events of another mode or account are not ours, and what we cannot read leads nowhere.
  const ours = events.filter(({ payload }) => isOurs(needs, payload));
  const done = await findProcessed(
    needs.database,
    ours.map(({ id }) => id),
  );
  return ours.filter(({ id }) => !done.has(id));
};

const isOurs = ({ keyMode }: PaymentNeeds, payload: string): boolean => {
  const event = readProviderEvent(payload);
  return event !== undefined && event.liveMode === (keyMode === 'live') && event.account === null;
};

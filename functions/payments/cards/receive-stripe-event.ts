/**
 * POST /v1/webhooks/stripe: keeps the event and hands it to the queue; all work is done from there. The
 * signature was checked before. An answer means that the event is kept and queued; should the process
 * end in between, the provider sends it again, and the hourly backfill fetches what it does not.
 */
import type { QueuePort } from '../../../shared/adapters/queue.ts';
import { WriteRefused } from '../../../shared/core/database.ts';
import { AppError } from '../../../shared/core/errors.ts';
import type { KeyMode } from '../../../shared/identity/api-key.ts';
import {
  type ProviderEvent,
  readProviderEvent,
} from '../../../shared/payments/cards/provider-event.ts';
import {
  getProviderEvent,
  putProviderEvent,
} from '../../../shared/payments/cards/provider-event-store.ts';
import type { Call } from '../../kit/route.ts';
import type { Runtime } from '../../kit/runtime.ts';

export interface StripeEventNeeds extends Runtime {
  readonly events: QueuePort;
  /** `live` where money is real: events of the other mode are refused. */
  readonly keyMode: KeyMode;
}

export const receiveStripeEvent = async (
  needs: StripeEventNeeds,
  call: Call<'webhook', unknown, unknown, Uint8Array>,
) => {
  const body = Buffer.from(call.body).toString('utf8');
  const event = requireOurs(needs, readProviderEvent(body));
  if (await keepEvent(needs, event.id, body)) await needs.events.send({ event_id: event.id });
  return { received: true as const };
};

/** The event, if it is one and ours; what else is signed with our secret was set up wrongly. */
const requireOurs = (
  { keyMode, log }: StripeEventNeeds,
  event: ProviderEvent | undefined,
): ProviderEvent => {
  if (event === undefined) throw new AppError('webhook.unreadable');
  const { id, type } = event;
  if (event.liveMode !== (keyMode === 'live')) {
    log.error('webhook.refused', { event_id: id, type, reason: 'wrong_mode' });
    throw new AppError('webhook.wrong_mode', {
      message: `The event is of ${event.liveMode ? 'live' : 'test'} mode, this platform of ${keyMode} mode.`,
    });
  }
  if (event.account !== null) {
    log.error('webhook.refused', { event_id: id, type, reason: 'other_account' });
    throw new AppError('webhook.other_account');
  }
  return event;
};

/** Keeps the event; whether there is work left on it. */
export const keepEvent = async (
  needs: Pick<Runtime, 'database' | 'clock'>,
  id: string,
  body: string,
): Promise<boolean> => {
  try {
    await needs.database.write(putProviderEvent({ id, body, receivedAtMs: needs.clock.nowMs() }));
    return true;
  } catch (error) {
    if (!(error instanceof WriteRefused)) throw error;
    const kept = await getProviderEvent(needs.database, id);
    return kept?.processedAtMs === null;
  }
};

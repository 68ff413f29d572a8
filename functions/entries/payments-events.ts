/** Lambda `payments-events`: works off the card provider's events. */
import { queueFunction } from '../kit/queue.ts';
import { environment } from '../kit/runtime.ts';
import { createCardRuntime } from '../payments/cards/card-runtime.ts';
import {
  processProviderEvent,
  providerEventMessage,
} from '../payments/cards/process-provider-event.queue.ts';

export const handler = queueFunction(
  createCardRuntime(environment()),
  providerEventMessage,
  processProviderEvent,
);

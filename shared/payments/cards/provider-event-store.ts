/** The card provider's events in the payments table, each as it came; kept as evidence. */
import * as z from 'zod';
import type { Database, Write } from '../../core/database.ts';
import { wholeNumber } from '../../core/field.ts';
import { providerEventKey } from '../keys.ts';

/** An event as it stands in the table. */
export interface StoredEvent {
  readonly id: string;
  /** The body as it came. */
  readonly body: string;
  readonly receivedAtMs: number;
  /** When its work was done; null: not yet. */
  readonly processedAtMs: number | null;
}

const stored = z.object({
  id: z.string(),
  body: z.string(),
  received_at_ms: wholeNumber,
  processed_at_ms: wholeNumber.optional(),
});

/** Puts the event unless it is there. */
export const putProviderEvent = (event: Omit<StoredEvent, 'processedAtMs'>): Write => ({
  kind: 'put',
  table: 'payments',
  key: providerEventKey(event.id),
  attributes: { id: event.id, body: event.body, received_at_ms: event.receivedAtMs },
  condition: { exists: false },
});

/** Notes that the event's work is done; a second time it changes nothing that matters. */
export const markProviderEvent = (eventId: string, nowMs: number): Write => ({
  kind: 'update',
  table: 'payments',
  key: providerEventKey(eventId),
  set: { processed_at_ms: nowMs },
  condition: { exists: true },
});

export const getProviderEvent = async (
  database: Database,
  eventId: string,
): Promise<StoredEvent | undefined> => {
  const item = await database.get('payments', providerEventKey(eventId));
  if (!item) return undefined;
  const row = stored.parse(item);
  return {
    id: row.id,
    body: row.body,
    receivedAtMs: row.received_at_ms,
    processedAtMs: row.processed_at_ms ?? null,
  };
};

/** Which of these events, at most 100, are kept and worked off. */
export const findProcessed = async (
  database: Database,
  eventIds: readonly string[],
): Promise<ReadonlySet<string>> => {
  const items = await database.getMany('payments', eventIds.map(providerEventKey));
  const events = items.map((item) => stored.parse(item));
  return new Set(events.filter((event) => event.processed_at_ms !== undefined).map(({ id }) => id));
};

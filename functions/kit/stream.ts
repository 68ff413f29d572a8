/**
 * The pipeline of stream consumers. Each changed item is handled by itself; what cannot be handled goes
 * to the poison queue and the stream goes on, for a batch that throws blocks its shard. Only when that
 * queue refuses too does the handler throw, so that nothing is lost. Consumers load state and rely
 * neither on order nor on single delivery.
 */
import type { DynamoDBStreamEvent } from 'aws-lambda';
import type { Item } from '../../shared/core/database.ts';
import { decodeItem, type RawItem } from './item.ts';
import type { Runtime } from './runtime.ts';

/** One change of a table; streams carry the item as the change left it, not as it was. */
export interface Change {
  readonly kind: 'INSERT' | 'MODIFY' | 'REMOVE';
  /** Undefined where the item was removed. */
  readonly after: Item | undefined;
}

/** Where changes go that cannot be handled; an alarm watches it. */
export interface PoisonPort {
  send(message: { readonly change: unknown; readonly error: string }): Promise<void>;
}

/** The Lambda handler of a stream consumer. */
export const streamFunction =
  <Needs extends Runtime & { readonly poison: PoisonPort }>(
    runtime: Needs,
    consume: (needs: Needs, change: Change) => Promise<void>,
  ) =>
  async (event: DynamoDBStreamEvent): Promise<void> => {
    await runtime.clock.refresh();
    for (const record of event.Records) {
      const image = record.dynamodb?.NewImage;
      try {
        await consume(runtime, {
          kind: record.eventName ?? 'MODIFY',
          after: image && decodeItem(image as RawItem),
        });
      } catch (error) {
        const keys = record.dynamodb?.Keys;
        runtime.log.error('stream.poison', { keys, error });
        await runtime.poison.send({ change: keys, error: String(error) });
      }
    }
  };

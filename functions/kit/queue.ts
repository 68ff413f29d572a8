/**
 * The pipeline of queue consumers: each message is handled by itself; those that failed go back to the
 * queue alone, and after some tries to its dead letters, which an alarm watches. Consumers rely neither on
 * order nor on single delivery.
 */
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type * as z from 'zod';
import type { Runtime } from './runtime.ts';

/** The Lambda handler of a queue consumer; `message` is what the queue carries. */
export const queueFunction =
  <Needs extends Runtime, Message>(
    runtime: Needs,
    message: z.ZodType<Message>,
    consume: (needs: Needs, message: Message) => Promise<void>,
  ) =>
  async (event: SQSEvent): Promise<SQSBatchResponse> => {
    await runtime.clock.refresh();
    const batchItemFailures: { itemIdentifier: string }[] = [];
    for (const { messageId, body } of event.Records) {
      try {
        await consume(runtime, message.parse(JSON.parse(body)));
      } catch (error) {
        runtime.log.error('queue.message_failed', { message_id: messageId, error });
        batchItemFailures.push({ itemIdentifier: messageId });
      }
    }
    return { batchItemFailures };
  };

/** SQS: sending to a queue, at once or somewhat later. */
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { requestLimits } from './request-limits.ts';

export interface QueuePort {
  /** `delaySeconds`: it is given to nobody before; 900 at most. */
  send(message: object, options?: { readonly delaySeconds?: number }): Promise<void>;
}

export const queue = (queueUrl: string): QueuePort => {
  const client = new SQSClient({
    maxAttempts: 3,
    requestHandler: requestLimits(3_000),
  });
  return {
    async send(message, { delaySeconds: DelaySeconds = 0 } = {}) {
      const MessageBody = JSON.stringify(message);
      await client.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody, DelaySeconds }));
    },
  };
};

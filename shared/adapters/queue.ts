/** SQS: sending to a queue. Used for what stream consumers cannot process. */
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';

export interface QueuePort {
  send(message: object): Promise<void>;
}

export const queue = (queueUrl: string): QueuePort => {
  const client = new SQSClient({
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 3_000 },
  });
  return {
    async send(message) {
      const MessageBody = JSON.stringify(message);
      await client.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody }));
    },
  };
};

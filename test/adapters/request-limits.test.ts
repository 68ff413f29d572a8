/** A service of AWS that takes a request and never answers it is an error, which the client repeats. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { requestLimits } from '../../shared/adapters/request-limits.ts';

it('ends a request that nobody answers, each time that it is repeated', async () => {
  const server = createServer(() => {}).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = new SQSClient({
    region: 'eu-central-1',
    endpoint: `http://127.0.0.1:${port}`,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 2,
    requestHandler: requestLimits(20),
  });
  const sent = client.send(new SendMessageCommand({ QueueUrl: 'queue', MessageBody: '{}' }));
  await expect(sent).rejects.toMatchObject({
    ...{ name: 'TimeoutError', message: expect.stringContaining('20 ms') },
    $metadata: { attempts: 2 },
  });
  client.destroy();
  server.closeAllConnections();
  server.close();
});

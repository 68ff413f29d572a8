/** The bucket of transcripts, spoken to over a real connection: what is sent, and what is tried again. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { transcripts } from '../../shared/adapters/transcripts.ts';
import { sha256Hex } from '../../shared/core/hash.ts';

interface Received {
  readonly line: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** A server that answers these statuses, one after the other; 0 hangs up. */
const bucket = async (...statuses: readonly number[]) => {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const status = statuses[received.length] ?? 500;
      received.push({
        line: `${request.method} ${request.url}`,
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
      });
      if (status === 0) request.socket.destroy();
      else response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const port_ = transcripts({
    url: `http://127.0.0.1:${port}/bucket`,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'AKIA', secretAccessKey: 'secret', sessionToken: 'token' },
    clock: { nowMs: () => 1_795_348_800_000 },
  });
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { put: port_.put, received, close };
};

describe('transcripts', () => {
  it('are put under their name, signed with their digest', async () => {
    const { put, received, close } = await bucket(200);
    await put('2026-11-22/poc_1.json', '{"grüße":1}');
    close();
    expect(received).toHaveLength(1);
    expect(received[0]).toMatchObject({
      line: 'PUT /bucket/2026-11-22/poc_1.json',
      body: '{"grüße":1}',
      headers: {
        'content-type': 'application/json',
        'content-length': String(Buffer.byteLength('{"grüße":1}')),
        'x-amz-content-sha256': sha256Hex('{"grüße":1}'),
        'x-amz-date': '20261122T120000Z',
        'x-amz-security-token': 'token',
        authorization: expect.stringContaining('AKIA/20261122/eu-west-1/s3/aws4_request'),
      },
    });
  });

  it('are put again after an error and after a lost connection, three times at most', async () => {
    const mended = await bucket(503, 0, 200);
    await mended.put('a', 'b');
    mended.close();
    expect(mended.received).toHaveLength(3);
    const broken = await bucket(403, 403, 403, 200);
    await expect(broken.put('a', 'b')).rejects.toThrow('S3 answered 403');
    broken.close();
    expect(broken.received).toHaveLength(3);
  });
});

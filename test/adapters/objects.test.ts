/** A bucket of objects, spoken to over a real connection: what is asked, what comes back, what is tried again. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { objects } from '../../shared/adapters/objects.ts';
import { sha256Hex } from '../../shared/core/hash.ts';

interface Received {
  readonly line: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
}

const bytes = Buffer.from([0, 255, 10, 13, 128]);

/** A server that answers these statuses, one after the other, with some bytes; 0 hangs up. */
const bucket = async (...statuses: readonly number[]) => {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const status = statuses[received.length] ?? 500;
      const line = `${request.method} ${request.url}`;
      received.push({ line, headers: request.headers, body: Buffer.concat(chunks) });
      if (status === 0) request.socket.destroy();
      else response.writeHead(status).end(bytes);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const port_ = objects({
    url: `http://127.0.0.1:${port}/bucket`,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'AKIA', secretAccessKey: 'secret' },
    clock: { nowMs: () => 1_795_348_800_000 },
    contentType: 'application/gzip',
    timeoutMs: 5_000,
  });
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { ...port_, received, close };
};

describe('a bucket of objects', () => {
  it('takes bytes as they are', async () => {
    const { put, received, close } = await bucket(200);
    await put('epochs/a/b.gz', bytes);
    close();
    expect(received).toMatchObject([
      {
        line: 'PUT /bucket/epochs/a/b.gz',
        body: bytes,
        headers: {
          'content-type': 'application/gzip',
          'x-amz-content-sha256': sha256Hex(bytes),
          authorization: expect.stringContaining('AKIA/20261122/eu-west-1/s3/aws4_request'),
        },
      },
    ]);
  });

  it('gives bytes back as they are, signed as a request without a body', async () => {
    const { get, received, close } = await bucket(200);
    expect(Buffer.from(await get('epochs/a/b.gz'))).toEqual(bytes);
    close();
    expect(received[0]).toMatchObject({
      line: 'GET /bucket/epochs/a/b.gz',
      headers: { 'x-amz-content-sha256': sha256Hex('') },
    });
    expect(received[0]?.body).toHaveLength(0);
  });

  it('is asked again after an error and after a lost connection, three times at most', async () => {
    const mended = await bucket(503, 0, 200);
    expect(Buffer.from(await mended.get('a'))).toEqual(bytes);
    mended.close();
    const broken = await bucket(403, 403, 403, 200);
    await expect(broken.get('a')).rejects.toThrow('S3 answered 403 for a');
    broken.close();
    expect(broken.received).toHaveLength(3);
    const silent = await bucket(0, 0, 0);
    await expect(silent.get('a')).rejects.toThrow('S3 was not reached');
    silent.close();
  });
});

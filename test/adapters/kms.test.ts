/** The treasury's signer against a server that answers as KMS does: what is asked, tried again and refused. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { kmsSigner } from '../../shared/adapters/kms.ts';
import { isSignedBy } from '../../shared/core/solana-address.ts';

const keyArn = 'arn:aws:kms:eu-west-1:111122223333:key/1234';

type Reply = 'sign' | 'hang up' | { readonly status: number; readonly type?: string };

interface Received {
  readonly action: string;
  readonly authorization: string;
  readonly body: Record<string, string>;
}

const closers: (() => void)[] = [];

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** KMS with one key. Replies are used up one by one; then it signs. */
const setup = async (
  replies: readonly Reply[] = [],
  {
    type = 'ed25519',
    turned = false,
  }: { readonly type?: 'ed25519' | 'x25519'; readonly turned?: boolean } = {},
) => {
  const { publicKey, privateKey } = generateKeyPairSync(type as 'ed25519');
  const received: Received[] = [];
  const left = [...replies];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString());
      const action = String(request.headers['x-amz-target']);
      received.push({ action, authorization: String(request.headers.authorization), body });
      const reply = left.shift() ?? 'sign';
      if (reply === 'hang up') return request.socket.destroy();
      if (reply !== 'sign') {
        response.writeHead(reply.status, { 'content-type': 'application/x-amz-json-1.1' });
        return response.end(JSON.stringify(reply.type === undefined ? {} : { __type: reply.type }));
      }
      if (action.endsWith('GetPublicKey')) {
        const der = publicKey.export({ format: 'der', type: 'spki' });
        return response.end(JSON.stringify({ PublicKey: der.toString('base64') }));
      }
      const signature = sign(null, Buffer.from(body.Message, 'base64'), privateKey);
      if (turned) signature[0] = (signature[0] ?? 0) ^ 1;
      response.end(JSON.stringify({ Signature: signature.toString('base64') }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const waits: number[] = [];
  const signer = kmsSigner({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    keyArn,
    credentials: { accessKeyId: 'AKIA', secretAccessKey: 'secret', sessionToken: 'token' },
    clock: { nowMs: () => 1_795_348_800_000 },
    pause: async (milliseconds) => void waits.push(milliseconds),
  });
  return { signer, received, waits };
};

const message = Uint8Array.from({ length: 4_000 }, (_, at) => at % 251);

describe('the treasury’s key', () => {
  it('has one address, asked for once', async () => {
    const { signer, received } = await setup();
    const address = await signer.getAddress();
    expect(await signer.getAddress()).toBe(address);
    expect(received).toHaveLength(1);
    expect(received[0]).toMatchObject({
      action: 'TrentService.GetPublicKey',
      authorization: expect.stringContaining('AKIA/20261122/eu-west-1/kms/aws4_request'),
      body: { KeyId: keyArn },
    });
  });

  it('signs the message itself, and the same each time', async () => {
    const { signer, received } = await setup();
    const signature = await signer.sign(message);
    expect(isSignedBy(await signer.getAddress(), message, signature)).toBe(true);
    expect(await signer.sign(message)).toEqual(signature);
    expect(received.at(-1)).toMatchObject({
      action: 'TrentService.Sign',
      body: {
        KeyId: keyArn,
        Message: Buffer.from(message).toString('base64'),
        MessageType: 'RAW',
        SigningAlgorithm: 'ED25519_SHA_512',
      },
    });
  });

  it('is not asked for more than it can sign', async () => {
    const { signer, received } = await setup();
    await expect(signer.sign(new Uint8Array(4_097))).rejects.toThrow('4,096');
    expect(received).toEqual([]);
  });

  it('gives nobody a signature that does not verify', async () => {
    const { signer } = await setup([], { turned: true });
    await expect(signer.sign(message)).rejects.toThrow('signed something else');
  });

  it('of another kind is refused', async () => {
    const { signer } = await setup([], { type: 'x25519' });
    await expect(signer.getAddress()).rejects.toThrow('none of Ed25519');
  });
});

describe('KMS', () => {
  it('is asked again where it is busy, broken or gone, with longer and longer pauses', async () => {
    const { signer, waits } = await setup([
      { status: 400, type: 'ThrottlingException' },
      { status: 500 },
      'hang up',
    ]);
    const address = await signer.getAddress();
    expect(waits).toEqual([200, 400, 800]);
    expect(isSignedBy(address, message, await signer.sign(message))).toBe(true);
  });

  it('is given up after four tries, with what it said', async () => {
    const busy = { status: 400, type: 'com.amazonaws.kms#ThrottlingException' };
    const { signer, received } = await setup([busy, busy, busy, busy]);
    await expect(signer.sign(message)).rejects.toThrow('KMS answered 400 ThrottlingException');
    expect(received).toHaveLength(4);
  });

  it.each(['AccessDeniedException', 'DisabledException', 'NotFoundException'])(
    'is not asked again after %s',
    async (type) => {
      const { signer, received } = await setup([{ status: 400, type }]);
      await expect(signer.getAddress()).rejects.toThrow(`KMS answered 400 ${type}`);
      expect(received).toHaveLength(1);
    },
  );
});

/**
 * The treasury's signer, with the service's own client, against a server that answers as KMS does: what is
 * asked, tried again and refused.
 */
import { generateKeyPairSync } from 'node:crypto';
import { kmsSigner } from '../../shared/adapters/kms.ts';
import { isSignedBy } from '../../shared/core/solana-address.ts';
import { type KmsReply, kmsKeyArn as keyArn, startKms } from '../support/kms.ts';

const closers: (() => void)[] = [];

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

interface Options {
  readonly type?: 'ed25519' | 'x25519';
  readonly timeoutMs?: number;
}

/** KMS with one key. Replies are used up one by one; then it signs. */
const setup = async (
  replies: readonly KmsReply[] = [],
  { type = 'ed25519', timeoutMs }: Options = {},
) => {
  const {
    replies: left,
    received,
    connection,
    close,
  } = await startKms(generateKeyPairSync(type as 'ed25519'));
  left.push(...replies);
  closers.push(close);
  const waits: number[] = [];
  const signer = kmsSigner({
    ...{ keyArn, connection, pause: async (milliseconds) => void waits.push(milliseconds) },
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
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
      authorization: expect.stringMatching(/AKIA\/\d{8}\/eu-west-1\/kms\/aws4_request/),
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
    const { signer } = await setup(['turned']);
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

  it.each(['silence', 'half'] as const)('is asked again after %s', async (reply) => {
    const { signer, received } = await setup([reply], { timeoutMs: 300 });
    const address = await signer.getAddress();
    expect(isSignedBy(address, message, await signer.sign(message))).toBe(true);
    expect(received.length).toBeGreaterThan(2);
  });

  it.each([
    { status: 400, type: 'ThrottlingException', code: 'treasury.key_throttled' },
    { status: 400, type: 'LimitExceededException', code: 'treasury.key_throttled' },
    { status: 429, type: 'Busy', code: 'treasury.key_throttled' },
    { status: 500, type: 'KMSInternalException', code: 'treasury.key_unavailable' },
    { status: 500, type: 'KeyUnavailableException', code: 'treasury.key_unavailable' },
    { status: 503, type: 'DependencyTimeoutException', code: 'treasury.key_unavailable' },
  ])('is given up after four tries with $status $type: $code', async ({ code, ...busy }) => {
    const { signer, received } = await setup([busy, busy, busy, busy]);
    await expect(signer.sign(message)).rejects.toMatchObject({
      code,
      kind: 'unavailable',
      options: { retryAfterSeconds: 5, details: { status: busy.status } },
    });
    expect(received).toHaveLength(4);
  });

  it('that nobody reaches is unavailable, with the reason for the log', async () => {
    const { signer } = await setup(['hang up', 'hang up', 'hang up', 'hang up']);
    await expect(signer.getAddress()).rejects.toMatchObject({
      code: 'treasury.key_unavailable',
      options: { cause: { message: expect.stringContaining('socket hang up') } },
    });
  });

  it.each([
    'AccessDeniedException',
    'DisabledException',
    'InvalidKeyUsageException',
    'KMSInvalidStateException',
    'NotFoundException',
  ])('is not asked again after %s', async (type) => {
    const { signer, received } = await setup([{ status: 400, type }]);
    await expect(signer.getAddress()).rejects.toMatchObject({ name: type });
    expect(received).toHaveLength(1);
  });

  it('whose answer lacks what was asked for is a bug', async () => {
    const { signer } = await setup([{ status: 200 }]);
    await expect(signer.getAddress()).rejects.toThrow('KMS answered no key');
  });
});

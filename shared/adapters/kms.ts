/**
 * The key of the treasury in KMS: its address, and signatures by it. Ed25519 is deterministic: the same
 * message is the same signature, so a repetition makes no second transaction. Every signature is checked here
 * before anybody gets it.
 */
import {
  GetPublicKeyCommand,
  KMSClient,
  type KMSClientConfig,
  KMSServiceException,
  SignCommand,
} from '@aws-sdk/client-kms';
import { assert, present } from '../core/assert.ts';
import { encodeBase58 } from '../core/base58.ts';
import { AppError } from '../core/errors.ts';
import { isSignedBy, isWalletAddress } from '../core/solana-address.ts';
import { secondMs } from '../core/time.ts';
import { requestLimits } from './request-limits.ts';

/**
 * What the service does not give now is `treasury.key_throttled` (asked too often) or
 * `treasury.key_unavailable`; what it refuses for good is thrown as its client says it.
 */
export interface TreasurySigner {
  /** Address of the key: the wallet of the treasury. */
  getAddress(): Promise<string>;
  /** The signature of at most 4,096 bytes: 64 bytes that verify. One that does not is a BugError. */
  sign(message: Uint8Array): Promise<Uint8Array>;
}

export interface KmsAccess {
  readonly keyArn: string;
  /** Waits between repetitions. */
  readonly pause: (milliseconds: number) => Promise<void>;
  /** How long one try may take, and be silent; five seconds unless told. */
  readonly timeoutMs?: number;
  /** Where it is and who asks, where the process's environment does not say so. */
  readonly connection?: Pick<KMSClientConfig, 'endpoint' | 'region' | 'credentials'>;
}

const triesMax = 4;
const firstPauseMs = 200;
const usualTimeoutMs = 5 * secondMs;
const messageBytesMax = 4_096;
const retryAfterSeconds = 5;

/** The header of an Ed25519 public key as SPKI; the 32 bytes of the key follow. */
const spkiHeader = '302a300506032b6570032100';

/** The refusal for what passes; undefined for what KMS says of the request, of the key, or of who asks. */
const passingOf = (error: unknown): AppError | undefined => {
  const told = { retryAfterSeconds, cause: error };
  // The connection broke, or a time limit broke it.
  if (!(error instanceof KMSServiceException)) {
    return new AppError('treasury.key_unavailable', told);
  }
  const { httpStatusCode: status = 0 } = error.$metadata;
  const details = { status, name: error.name };
  if (status === 429 || /Throttl|LimitExceeded/.test(error.name)) {
    return new AppError('treasury.key_throttled', { ...told, details });
  }
  if (status < 500) return undefined;
  return new AppError('treasury.key_unavailable', { ...told, details });
};

/** The signer over one key of KMS. */
export const kmsSigner = (access: KmsAccess): TreasurySigner => {
  const { keyArn, pause, timeoutMs = usualTimeoutMs, connection } = access;
  const client = new KMSClient({
    ...connection,
    // Repeated here: which errors pass, and how long the pauses are, is to be read in one place.
    maxAttempts: 1,
    requestHandler: {
      ...requestLimits(timeoutMs),
      socketTimeout: timeoutMs,
    },
  });

  const askPatiently = async <Answer>(ask: () => Promise<Answer>): Promise<Answer> => {
    for (let tried = 1; ; tried += 1) {
      try {
        return await ask();
      } catch (error) {
        const refusal = passingOf(error);
        if (refusal === undefined) throw error;
        if (tried === triesMax) throw refusal;
        await pause(firstPauseMs * 2 ** (tried - 1));
      }
    }
  };

  let known: string | undefined;
  const getAddress = async (): Promise<string> => {
    if (known !== undefined) return known;
    const { PublicKey } = await askPatiently(() =>
      client.send(new GetPublicKeyCommand({ KeyId: keyArn })),
    );
    const spki = Buffer.from(present(PublicKey, 'KMS answered no key'));
    assert(
      spki.length === 44 && spki.toString('hex').startsWith(spkiHeader),
      'the treasury’s key is none of Ed25519',
    );
    const address = encodeBase58(spki.subarray(-32));
    assert(isWalletAddress(address), 'the treasury’s key is no wallet');
    known = address;
    return address;
  };

  return {
    getAddress,
    async sign(message) {
      assert(message.length <= messageBytesMax, 'KMS signs at most 4,096 bytes');
      const address = await getAddress();
      const { Signature } = await askPatiently(() =>
        client.send(
          new SignCommand({
            KeyId: keyArn,
            Message: message,
            MessageType: 'RAW',
            SigningAlgorithm: 'ED25519_SHA_512',
          }),
        ),
      );
      const signature = Uint8Array.from(present(Signature, 'KMS answered no signature'));
      assert(isSignedBy(address, message, signature), 'KMS signed something else');
      return signature;
    },
  };
};

/**
 * The key of the treasury in KMS: its address, and signatures by it. Speaks to KMS directly, with the two
 * requests that are needed; the SDK's client would be larger than all the rest of payouts. Ed25519 is
 * deterministic: the same message is the same signature, so a repetition makes no second transaction. Every
 * signature is checked here before anybody gets it.
 */
import * as z from 'zod';
import { assert } from '../core/assert.ts';
import { encodeBase58 } from '../core/base58.ts';
import { isSignedBy, isWalletAddress } from '../core/solana-address.ts';
import { type Clock, secondMs } from '../core/time.ts';
import { type AwsCredentials, signedHeaders } from './sigv4.ts';

export interface TreasurySigner {
  /** Address of the key: the wallet of the treasury. */
  getAddress(): Promise<string>;
  /** The signature of at most 4,096 bytes: 64 bytes that verify. One that does not is a BugError. */
  sign(message: Uint8Array): Promise<Uint8Array>;
}

export interface KmsAccess {
  /** `https://kms.<region>.amazonaws.com` */
  readonly url: string;
  readonly keyArn: string;
  readonly credentials: AwsCredentials;
  /** The real time. */
  readonly clock: Clock;
  /** Waits between repetitions. */
  readonly pause: (milliseconds: number) => Promise<void>;
}

const attemptsMax = 4;
const pauseMsFirst = 200;
const timeoutMs = 5 * secondMs;
const messageBytesMax = 4_096;

/** What passes, beside failures of the service and its limits. */
const passingErrors = /Throttling|LimitExceeded|KMSInternal|DependencyTimeout|KeyUnavailable/;

const publicKeySchema = z.looseObject({ PublicKey: z.base64() });
const signatureSchema = z.looseObject({ Signature: z.base64() });
const errorSchema = z.looseObject({ __type: z.string() });

/** The header of an Ed25519 public key as SPKI; the 32 bytes of the key follow. */
const spkiHeader = '302a300506032b6570032100';

type Answer =
  | { readonly ok: true; readonly body: unknown }
  | { readonly ok: false; readonly why: string; readonly isPassing: boolean };

const answerOf = async (response: Response): Promise<Answer> => {
  const body: unknown = await response.json().catch(() => undefined);
  if (response.ok) return { ok: true, body };
  const named = errorSchema.safeParse(body);
  const name = named.success ? (named.data.__type.split('#').at(-1) ?? '') : '';
  const isPassing = response.status >= 500 || response.status === 429 || passingErrors.test(name);
  return { ok: false, why: `KMS answered ${response.status} ${name}`.trim(), isPassing };
};

/** The signer over one key of KMS. What KMS does not answer is an error that may be retried. */
export const kmsSigner = (access: KmsAccess): TreasurySigner => {
  const { url, keyArn, credentials, clock, pause } = access;
  const region = keyArn.split(':')[3] ?? '';
  const target = new URL(`${url}/`);

  const ask = async (action: string, input: object): Promise<Answer> => {
    const body = JSON.stringify({ KeyId: keyArn, ...input });
    const headers = {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `TrentService.${action}`,
    };
    const request = { method: 'POST', url: target, body, headers } as const;
    const scope = { region, service: 'kms', credentials, nowMs: clock.nowMs() } as const;
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      const sent = { method: 'POST', headers: signedHeaders(request, scope), body, signal };
      return await answerOf(await fetch(target, sent));
    } catch {
      return { ok: false, why: 'KMS was not reached', isPassing: true };
    }
  };

  const askPatiently = async (action: string, input: object): Promise<unknown> => {
    for (let attempt = 1; ; attempt += 1) {
      const answer = await ask(action, input);
      if (answer.ok) return answer.body;
      if (!answer.isPassing || attempt === attemptsMax) throw new Error(answer.why);
      await pause(pauseMsFirst * 2 ** (attempt - 1));
    }
  };

  let known: string | undefined;
  const getAddress = async (): Promise<string> => {
    if (known !== undefined) return known;
    const { PublicKey } = publicKeySchema.parse(await askPatiently('GetPublicKey', {}));
    const spki = Buffer.from(PublicKey, 'base64');
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
      const answer = await askPatiently('Sign', {
        Message: Buffer.from(message).toString('base64'),
        MessageType: 'RAW',
        SigningAlgorithm: 'ED25519_SHA_512',
      });
      const { Signature } = signatureSchema.parse(answer);
      const signature = Uint8Array.from(Buffer.from(Signature, 'base64'));
      assert(isSignedBy(address, message, signature), 'KMS signed something else');
      return signature;
    },
  };
};

/**
 * Authenticates devices by their HTTP message signature: form, clock, key, signature, and only then
 * the nonce, which is spent by a conditional write.
 */

import { WriteRefused } from '../../shared/core/database.ts';
import { AppError } from '../../shared/core/errors.ts';
import {
  type ReadSignature,
  readSignature,
  type SignedParts,
  verifySignature,
  withinSkew,
} from '../../shared/core/http-signature.ts';
import { isoOf, secondMs } from '../../shared/core/time.ts';
import { getDevice } from '../../shared/devices/device-store.ts';
import { nonceKey } from './keys.ts';
import type { DeviceCaller, NewDevicePrincipal } from './route.ts';
import type { Runtime } from './runtime.ts';

/** A request as its signer saw it. */
export interface SignedRequest {
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly parts: SignedParts;
}

type Needs = Pick<Runtime, 'database' | 'clock'>;

/** Seconds for which a nonce is remembered; twice the accepted skew and more. */
const nonceKeptSeconds = 300;

/**
 * The registered device that signed; `device.signature_invalid`, `device.clock_skew`,
 * `device.nonce_replayed`, and `device.blocked` unless a blocked device is `welcome` too. A signature
 * cannot tell which of two machines with one key sent it, so a blocked device gets no commands; what it
 * runs may still be reported, for a customer pays for it.
 */
export const authenticateDevice = async (
  needs: Needs,
  signed: SignedRequest,
  blocked: 'welcome' | 'refused',
): Promise<DeviceCaller> => {
  const read = readFresh(needs, signed);
  const device = read.keyid.startsWith('dev_')
    ? await getDevice(needs.database, read.keyid)
    : undefined;
  if (!device || device.status === 'terminated') throw new AppError('device.signature_invalid');
  if (!verifySignature(signed.parts, read, device.publicKey)) {
    throw new AppError('device.signature_invalid');
  }
  if (device.status === 'blocked' && blocked === 'refused') throw new AppError('device.blocked');
  await spendNonce(needs, read);
  const { id: deviceId, organisationId } = device;
  return { kind: 'device', deviceId, organisationId, device };
};

/** The key that signed a registration; the same refusals. */
export const authenticateNewDevice = async (
  needs: Needs,
  signed: SignedRequest,
): Promise<NewDevicePrincipal> => {
  const read = readFresh(needs, signed);
  if (!verifySignature(signed.parts, read, read.keyid)) {
    throw new AppError('device.signature_invalid');
  }
  await spendNonce(needs, read);
  return { kind: 'new_device', publicKey: read.keyid };
};

const readFresh = (needs: Needs, signed: SignedRequest): ReadSignature => {
  const read = readSignature(signed.headers);
  if (!read) throw new AppError('device.signature_invalid');
  const nowMs = needs.clock.nowMs();
  if (!withinSkew(read, nowMs)) {
    throw new AppError('device.clock_skew', { extra: { server_time: isoOf(nowMs) } });
  }
  return read;
};

const spendNonce = async (needs: Needs, read: ReadSignature): Promise<void> => {
  try {
    await needs.database.write({
      kind: 'put',
      table: 'requests',
      key: nonceKey(read.keyid, read.nonce),
      attributes: {
        expires_at_s: Math.floor(needs.clock.nowMs() / secondMs) + nonceKeptSeconds,
      },
      condition: { exists: false },
    });
  } catch (error) {
    if (error instanceof WriteRefused) throw new AppError('device.nonce_replayed');
    throw error;
  }
};

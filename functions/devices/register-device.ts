/**
 * POST /v1/devices: a machine joins a site. Signed by its new key; the token's use, the device, the
 * claim on the key, the first presence and the event are one transaction. Joining again with the same
 * key answers the same device and spends nothing.
 */
import type * as z from 'zod';
import { present } from '../../shared/core/assert.ts';
import { WriteRefused } from '../../shared/core/database.ts';
import { AppError } from '../../shared/core/errors.ts';
import { sha256Hex } from '../../shared/core/hash.ts';
import { base32 } from '../../shared/core/ids.ts';
import type { registerRequestSchema } from '../../shared/devices/agent-schemas.ts';
import type { Device } from '../../shared/devices/device.ts';
import { putDeviceEvent } from '../../shared/devices/device-event-store.ts';
import { getDeviceByPublicKey, putNewDevice } from '../../shared/devices/device-store.ts';
import { type JoinToken, joinTokenRefusal } from '../../shared/devices/join-token.ts';
import {
  getJoinTokenBySecretHash,
  redeemJoinToken,
} from '../../shared/devices/join-token-store.ts';
import { eventOf } from '../../shared/devices/lifecycle.ts';
import { firstPresence } from '../../shared/devices/presence.ts';
import { putPresence } from '../../shared/devices/presence-store.ts';
import type { Site } from '../../shared/devices/site.ts';
import { getSite } from '../../shared/devices/site-store.ts';
import { recogniseHardware } from '../../shared/market/catalogue.ts';
import { isAcceptablePublicKey } from '../../shared/proofs/protocol/ed25519.ts';
import type { Call } from '../kit/route.ts';
import { type CommitRuntime, commit } from '../kit/transaction.ts';

type RegisterNeeds = CommitRuntime & { readonly socketUrl: string };
type RegisterCall = Call<'new_device', unknown, unknown, z.output<typeof registerRequestSchema>>;

export const registerDevice = async (needs: RegisterNeeds, call: RegisterCall) => {
  if (call.caller.publicKey !== call.body.public_key) {
    throw new AppError('device.signature_invalid', {
      message: 'The request is signed by another key than the one it registers.',
    });
  }
  // A key of small order would let anybody sign for it; one key has one encoding.
  if (!isAcceptablePublicKey(Buffer.from(call.body.public_key, 'base64'))) {
    throw new AppError('request.malformed', {
      fields: [{ pointer: '/public_key', message: 'no canonical Ed25519 key of full order' }],
    });
  }
  const known = await knownDevice(needs, call);
  if (known) return answerOf(needs, known);
  const { token, site } = await requireToken(needs, call);
  const device = newDevice(needs, call, site);
  const evidence = { join_token_id: token.id, site_id: site.id, model: device.model };
  const cause = { reason: 'registered', actor: device.id, evidence } as const;
  const event = eventOf('device.registered', { from: null, after: device }, cause, call.nowMs);
  try {
    await commit(needs, [
      redeemJoinToken(token, call.nowMs),
      ...putNewDevice(device),
      putDeviceEvent(event),
      putPresence(device.id, undefined, firstPresence(null, call.nowMs)),
    ]);
    return answerOf(needs, device);
  } catch (error) {
    if (!(error instanceof WriteRefused)) throw error;
    const winner = await knownDevice(needs, call);
    if (winner) return answerOf(needs, winner);
    // The last use went to somebody else, or the token ended, between the read and the write.
    await requireToken(needs, call);
    throw error;
  }
};

/** The device that already has this key; `device.key_retired` and `device.blocked` for what it became. */
const knownDevice = async (
  needs: RegisterNeeds,
  call: RegisterCall,
): Promise<Device | undefined> => {
  const device = await getDeviceByPublicKey(needs.database, call.body.public_key);
  if (device?.status === 'terminated') throw new AppError('device.key_retired');
  if (device?.status === 'blocked') throw new AppError('device.blocked');
  return device;
};

const requireToken = async (
  needs: RegisterNeeds,
  call: RegisterCall,
): Promise<{ readonly token: JoinToken; readonly site: Site }> => {
  const hash = sha256Hex(call.body.join_token);
  const token = await getJoinTokenBySecretHash(needs.database, hash);
  const refusal = joinTokenRefusal(token, call.nowMs);
  if (!token || refusal) throw new AppError(refusal ?? 'join_token.unknown');
  const site = present(await getSite(needs.database, token.siteId), 'a token without its site');
  return { token, site };
};

/** 80 random bits: unguessable, and it says nothing about the device. */
const publicIdBytes = 10;

const newDevice = (
  needs: RegisterNeeds,
  { body, newId, nowMs }: RegisterCall,
  site: Site,
): Device => {
  const recognised = recogniseHardware(body.hardware);
  return {
    id: newId('dev'),
    publicId: base32(needs.randomness.bytes(publicIdBytes)).toLowerCase(),
    organisationId: site.organisationId,
    siteId: site.id,
    region: site.region,
    name: body.name,
    status: 'up',
    statusReason: 'registered',
    movedAtMs: null,
    version: 1,
    publicKey: body.public_key,
    hardware: body.hardware,
    model: recognised.model,
    processorKind: recognised.kind,
    processorCount: recognised.processorCount,
    gpuIndexes: recognised.gpuIndexes,
    cpus: body.hardware.cpu.cores,
    address: body.address,
    agentPort: body.agent_port,
    isolation: body.isolation,
    agentVersion: body.agent_version,
    rayVersion: null,
    pythonVersion: null,
    rayTestedAtMs: null,
    rayTestPassed: false,
    addressReachable: false,
    connectivityTier: null,
    speedTestedAtMs: null,
    downKbps: null,
    upKbps: null,
    provedAtMs: null,
    provedGops: null,
    verifyFromMs: nowMs,
    verifyFailure: null,
    hiredBy: null,
    hiredNode: null,
    hiredAtMs: null,
    hiredConsent: null,
    createdAtMs: nowMs,
  };
};

const answerOf = (needs: RegisterNeeds, device: Device) => ({
  device_id: device.id,
  public_id: device.publicId,
  site_id: device.siteId,
  socket_url: needs.socketUrl,
});

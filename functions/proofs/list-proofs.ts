/** GET /v1/proofs: the proofs of one device of the caller's organisation, newest first. */
import type * as z from 'zod';
import { toList } from '../../shared/core/wire.ts';
import type { listProofsQuery } from '../../shared/proofs/proof-schemas.ts';
import { listProofs as readProofs } from '../../shared/proofs/proof-store.ts';
import { requireDevice } from '../devices/require-device.ts';
import type { Call } from '../kit/route.ts';
import type { Runtime } from '../kit/runtime.ts';
import { proofToJson } from './proof-json.ts';

export const listProofs = async (
  needs: Pick<Runtime, 'database'>,
  call: Call<'key', unknown, z.output<typeof listProofsQuery>, unknown>,
) => {
  const { device_id, limit, cursor } = call.query;
  const { id: deviceId } = await requireDevice(needs.database, call.caller, device_id);
  const { proofs, next } = await readProofs(needs.database, { deviceId, limit, cursor });
  return toList(proofs.map(proofToJson), next);
};

/** GET /v1/proofs/{proof_id}/receipt: what the platform signed when the proof passed. */
import type * as z from 'zod';
import { present } from '../../shared/core/assert.ts';
import { AppError } from '../../shared/core/errors.ts';
import { getDevice } from '../../shared/devices/device-store.ts';
import type { proofParams } from '../../shared/proofs/proof-schemas.ts';
import { receiptOf } from '../../shared/proofs/receipt-fields.ts';
import type { Call } from '../kit/route.ts';
import type { Runtime } from '../kit/runtime.ts';
import { requireProof } from './require-proof.ts';

export const getReceipt = async (
  needs: Pick<Runtime, 'database'>,
  call: Call<'key', z.output<typeof proofParams>, unknown, unknown>,
) => {
  const proof = await requireProof(needs.database, call.caller, call.params.proof_id);
  const device = await getDevice(needs.database, proof.deviceId);
  const receipt = receiptOf(proof, present(device, `${proof.deviceId} is gone`));
  if (!receipt) throw new AppError('proof.no_receipt');
  return receipt;
};

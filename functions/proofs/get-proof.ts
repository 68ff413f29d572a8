/** GET /v1/proofs/{proof_id}: how a proof went. */
import type * as z from 'zod';
import type { proofParams } from '../../shared/proofs/proof-schemas.ts';
import type { Call } from '../kit/route.ts';
import type { Runtime } from '../kit/runtime.ts';
import { proofToJson } from './proof-json.ts';
import { requireProof } from './require-proof.ts';

export const getProof = async (
  needs: Pick<Runtime, 'database'>,
  call: Call<'key', z.output<typeof proofParams>, unknown, unknown>,
) => proofToJson(await requireProof(needs.database, call.caller, call.params.proof_id));

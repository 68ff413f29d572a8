/**
 * GET /v1/proofs/slots/{slot_id}: the public document of a slot, from its opening on. Who is called
 * follows from the seed, so before that nobody learns it, and afterwards nothing about it changes.
 */
import type * as z from 'zod';
import { AppError } from '../../shared/core/errors.ts';
import { isoOf } from '../../shared/core/time.ts';
import { policyOf } from '../../shared/proofs/policy.ts';
import { toHex } from '../../shared/proofs/protocol/bytes.ts';
import { slotOpensAtMs } from '../../shared/proofs/protocol/slot.ts';
import type { slotParams } from '../../shared/proofs/slot-schemas.ts';
import type { Call } from '../kit/route.ts';
import type { Runtime } from '../kit/runtime.ts';
import { type DayKeyNeeds, seedOfSlot } from './day-keys.ts';
import { tooEarly } from './too-early.ts';

export const getSlot = async (
  needs: DayKeyNeeds & Pick<Runtime, 'stage'>,
  call: Call<'public', z.output<typeof slotParams>, unknown, unknown>,
) => {
  const policy = policyOf(needs.stage);
  const id = call.params.slot_id;
  const opensAtMs = slotOpensAtMs(id, policy.slotMinutes);
  if (opensAtMs === undefined) throw new AppError('proof.unknown_slot');
  if (call.nowMs < opensAtMs) throw tooEarly(opensAtMs, call.nowMs);
  const seed = await seedOfSlot(needs, id);
  if (!seed) throw new AppError('proof.unknown_slot');
  return {
    id,
    opens_at: isoOf(opensAtMs),
    seed: toHex(seed),
    one_in: policy.oneIn,
    full_one_in: policy.fullOneIn,
    roll_one_in: policy.rollOneIn,
  };
};

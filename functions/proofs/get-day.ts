/**
 * GET /v1/proofs/days/{date}: the hash of the key of a day, and the key itself once the day is over, so
 * that anybody can check that no seed was changed.
 */
import type * as z from 'zod';
import { AppError } from '../../shared/core/errors.ts';
import { sha256Hex } from '../../shared/core/hash.ts';
import { dateStartMs, hashFromMs, keyFromMs } from '../../shared/proofs/day.ts';
import { toHex } from '../../shared/proofs/protocol/bytes.ts';
import type { dayParams } from '../../shared/proofs/slot-schemas.ts';
import type { Call } from '../kit/route.ts';
import { type DayKeyNeeds, dayKeyOf } from './day-keys.ts';
import { tooEarly } from './too-early.ts';

export const getDay = async (
  needs: DayKeyNeeds,
  call: Call<'public', z.output<typeof dayParams>, unknown, unknown>,
) => {
  const { date } = call.params;
  const startMs = dateStartMs(date);
  if (startMs === undefined) throw new AppError('proof.unknown_slot');
  if (call.nowMs < hashFromMs(startMs)) throw tooEarly(hashFromMs(startMs), call.nowMs);
  const key = await dayKeyOf(needs, date);
  if (!key) throw new AppError('proof.unknown_slot');
  const over = call.nowMs >= keyFromMs(startMs);
  return { date, sha256: sha256Hex(key), ...(over ? { key: toHex(key) } : {}) };
};

/**
 * POST /v1/proofs/challenges: an operator has every processor of an idle device prove itself now, by full
 * proofs. Never while a slot may call it or another challenge waits: it would fail one of the two.
 */
import type * as z from 'zod';
import { AppError } from '../../shared/core/errors.ts';
import { secondMs } from '../../shared/core/time.ts';
import { toList } from '../../shared/core/wire.ts';
import { getDevice } from '../../shared/devices/device-store.ts';
import { listRoundChallenges } from '../../shared/proofs/challenge-store.ts';
import type { createChallengeSchema } from '../../shared/proofs/proof-schemas.ts';
import type { Call } from '../kit/route.ts';
import type { ProofNeeds } from './end-proof.ts';
import { issueChallenges } from './issue-challenges.ts';
import { loadChallengeable } from './load-challengeable.ts';
import { challengeToJson } from './proof-json.ts';

type CreateCall = Call<'key', unknown, unknown, z.output<typeof createChallengeSchema>>;

export const createChallenge = async (needs: ProofNeeds, call: CreateCall) => {
  const device = await getDevice(needs.database, call.body.device_id);
  if (!device) throw new AppError('device.not_found');
  if (device.hiredBy !== null) throw new AppError('device.hired');
  if (device.status !== 'up') throw new AppError('device.wrong_status');
  // Of the attempt: repeated after a crash, it is the same round, and nothing is issued twice.
  const round = `operator#${call.newId('chl')}`;
  const found = await loadChallengeable(needs, [device], call.nowMs);
  const { processors, waitMs } = found;
  if (processors.length === 0) throw new AppError('proof.unsupported');
  if (waitMs > 0) {
    throw new AppError('proof.slot_runs', { retryAfterSeconds: Math.ceil(waitMs / secondMs) });
  }
  const isBegun = (await listRoundChallenges(needs.database, round)).length > 0;
  if (found.isBusy && !isBegun) throw new AppError('proof.challenge_runs');
  await issueChallenges(needs, { purpose: 'recheck', round, processors });
  const issued = await listRoundChallenges(needs.database, round);
  return toList(issued.map(challengeToJson), undefined);
};

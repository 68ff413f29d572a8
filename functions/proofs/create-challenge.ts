/**
 * POST /v1/proofs/challenges: an operator has every processor of an idle device prove itself now, by full
 * proofs. Never while a slot may call it, for then it would fail one of the two.
 */
import type * as z from 'zod';
import { AppError } from '../../shared/core/errors.ts';
import { secondMs } from '../../shared/core/time.ts';
import { toList } from '../../shared/core/wire.ts';
import type { Device } from '../../shared/devices/device.ts';
import { getDevice } from '../../shared/devices/device-store.ts';
import { uncalibrated } from '../../shared/proofs/calibration.ts';
import { listRoundChallenges } from '../../shared/proofs/challenge-store.ts';
import { challengeWaitMs } from '../../shared/proofs/challenge-window.ts';
import { loadOf } from '../../shared/proofs/load.ts';
import { policyOf } from '../../shared/proofs/policy.ts';
import { processorsOf } from '../../shared/proofs/processor.ts';
import { countsAt } from '../../shared/proofs/processor-record.ts';
import { listProcessorRecords } from '../../shared/proofs/processor-record-store.ts';
import type { createChallengeSchema } from '../../shared/proofs/proof-schemas.ts';
import type { Call } from '../kit/route.ts';
import type { ProofNeeds } from './end-proof.ts';
import { issueChallenges } from './issue-challenges.ts';
import { challengeToJson } from './proof-json.ts';
import { hourOfSlot } from './slot-work.ts';

type CreateCall = Call<'key', unknown, unknown, z.output<typeof createChallengeSchema>>;

export const createChallenge = async (needs: ProofNeeds, call: CreateCall) => {
  const device = await getDevice(needs.database, call.body.device_id);
  if (!device) throw new AppError('device.not_found');
  if (device.hiredBy !== null) throw new AppError('device.hired');
  if (device.status !== 'up') throw new AppError('device.wrong_status');
  // Of the attempt: repeated after a crash, it is the same round, and nothing is issued twice.
  const round = `operator#${call.newId('chl')}`;
  const processors = await loaded(needs, device, call.nowMs);
  if (processors.length === 0) throw new AppError('proof.unsupported');
  const waitMs = challengeWaitMs(processors, policyOf(needs.stage), call.nowMs);
  if (waitMs > 0) {
    throw new AppError('proof.slot_runs', { retryAfterSeconds: Math.ceil(waitMs / secondMs) });
  }
  await issueChallenges(needs, {
    purpose: 'recheck',
    round,
    processors: processors.map(({ processor, asked }) => ({ device, processor, load: asked })),
  });
  const issued = await listRoundChallenges(needs.database, round);
  return toList(issued.map(challengeToJson), undefined);
};

/** The device's processors with what a full challenge and a slot would ask of each; only those with a load. */
const loaded = async (needs: ProofNeeds, device: Device, nowMs: number) => {
  const records = await listProcessorRecords(needs.database, device.id);
  return processorsOf(device).flatMap((processor) => {
    const record = records.find(({ processorId }) => processorId === processor.id);
    const calibration = record?.calibration ?? uncalibrated;
    const policy = policyOf(needs.stage);
    const asked = loadOf(processor, calibration, 2, policy, hourOfSlot(nowMs));
    if (!asked) return [];
    return [{ processor, asked, called: record && countsAt(record, nowMs) ? asked : null }];
  });
};

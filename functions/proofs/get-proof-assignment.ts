/**
 * GET /v1/agent/proof-assignment: what the slots of this hour ask of the device, so that its agent knows
 * with the seed alone whether it is called and what to compute, and as what the device is hired now. Agents ask
 * a moment before each slot: right before a full hour the answer is that of the hour to come. Where the
 * request comes from is where the device is.
 */
import type * as z from 'zod';
import { hourMs, isoOf, secondMs } from '../../shared/core/time.ts';
import { valueAt } from '../../shared/proofs/place.ts';
import { type ProofPolicy, policyOf } from '../../shared/proofs/policy.ts';
import { type Processor, processorsOf } from '../../shared/proofs/processor.ts';
import { countsAt, type ProcessorRecord } from '../../shared/proofs/processor-record.ts';
import { getProcessorRecords } from '../../shared/proofs/processor-record-store.ts';
import { loadOf } from '../../shared/proofs/proof-load.ts';
import { toHex } from '../../shared/proofs/protocol/bytes.ts';
import { claimHashOf } from '../../shared/proofs/protocol/claim.ts';
import { type Profile, paramsHashOf } from '../../shared/proofs/protocol/parameters.ts';
import type { proofAssignmentSchema } from '../../shared/proofs/slot-schemas.ts';
import type { Call } from '../kit/route.ts';
import type { Runtime } from '../kit/runtime.ts';
import { loadHiredAs } from './load-hired-as.ts';
import { seeDevice } from './see-device.ts';

/** Who asks so shortly before a full hour asks for the slot that opens then. */
const aheadMs = 5 * secondMs;

type Answer = z.input<typeof proofAssignmentSchema>;

export const getProofAssignment = async (
  needs: Pick<Runtime, 'database' | 'stage'>,
  call: Call<'device', unknown, unknown, unknown>,
): Promise<Answer> => {
  const { device } = call.caller;
  const policy = policyOf(needs.stage);
  const startMs = Math.floor((call.nowMs + aheadMs) / hourMs) * hourMs;
  const known = processorsOf(device);
  const [place, records, hired] = await Promise.all([
    seeDevice(needs, device, call.sourceIp, call.nowMs),
    getProcessorRecords(needs.database, known),
    loadHiredAs(needs.database, device, call.nowMs),
  ]);
  const processors = known.map((processor) => {
    const record = records.find(({ processorId }) => processorId === processor.id);
    return assigned(processor, record, policy, startMs);
  });
  return {
    period_minutes: policy.slotMinutes,
    hour: isoOf(startMs),
    hired,
    ...valueAt(place.value, Math.max(call.nowMs, startMs)),
    one_in: policy.oneIn,
    full_one_in: policy.fullOneIn,
    roll_one_in: policy.rollOneIn,
    processors,
    server_time_ms: call.nowMs,
  };
};

const assigned = (
  processor: Processor,
  record: ProcessorRecord | undefined,
  policy: ProofPolicy,
  startMs: number,
): Answer['processors'][number] => {
  const workOf = (profile: Profile) => {
    if (!record || !countsAt(record, startMs)) return null;
    const load = loadOf(processor, record.calibration, profile, policy, startMs);
    return load && { params: load.params, params_hash: toHex(paramsHashOf(load.params)) };
  };
  return {
    processor_id: processor.id,
    gpu_index: processor.index,
    model: processor.model,
    claim: processor.claim,
    claim_hash: toHex(claimHashOf(processor.claim)),
    profiles: { micro: workOf(0), light: workOf(1), full: workOf(2) },
  };
};

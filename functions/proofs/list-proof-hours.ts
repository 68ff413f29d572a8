/**
 * GET /v1/proofs/hours: the gates of a device's last hours, newest first: whether each hour counted, what
 * kept it from counting, and what the supplier can do. Hours that were not judged are left out.
 */
import type * as z from 'zod';
import { hourMs, isoOf } from '../../shared/core/time.ts';
import { toList } from '../../shared/core/wire.ts';
import { type Gate, gateWords } from '../../shared/proofs/gate.ts';
import { getGate } from '../../shared/proofs/gate-store.ts';
import { processorsOf } from '../../shared/proofs/processor.ts';
import type { listProofHoursQuery, proofHourSchema } from '../../shared/proofs/proof-schemas.ts';
import { requireDevice } from '../devices/require-device.ts';
import type { Call } from '../kit/route.ts';
import type { Runtime } from '../kit/runtime.ts';
import { hourOfSlot } from './slot-work.ts';

export const listProofHours = async (
  { database }: Pick<Runtime, 'database'>,
  call: Call<'key', unknown, z.output<typeof listProofHoursQuery>, unknown>,
) => {
  const device = await requireDevice(database, call.caller, call.query.device_id);
  const processors = processorsOf(device);
  const gates: Gate[] = [];
  for (let back = 1; back <= call.query.hours; back += 1) {
    const startMs = hourOfSlot(call.nowMs) - back * hourMs;
    const found = await Promise.all(processors.map(({ id }) => getGate(database, id, startMs)));
    gates.push(...found.filter((gate) => gate !== undefined));
  }
  return toList(gates.map(hourToJson), undefined);
};

const hourToJson = ({
  hourMs: startMs,
  processorId,
  deviceId,
  reason,
  calls,
}: Gate): z.input<typeof proofHourSchema> => ({
  object: 'proof_hour',
  hour: isoOf(startMs),
  device_id: deviceId,
  processor_id: processorId,
  passed: reason === null,
  reason_code: reason,
  says: reason && gateWords[reason].says,
  remedy: reason && gateWords[reason].remedy,
  calls: calls.map(({ atMs, source, profile, rollCall, outcome }) => ({
    at: isoOf(atMs),
    source,
    profile,
    roll_call: rollCall,
    outcome,
  })),
});

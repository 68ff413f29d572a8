/**
 * What a slot asks of a processor, by the platform's own records as they were when it opened: whether it
 * is called, with which profile, and the load. The agent's word counts for nothing here.
 */
import { AppError } from '../../shared/core/errors.ts';
import { hourMs } from '../../shared/core/time.ts';
import type { Device } from '../../shared/devices/device.ts';
import { slotCallOf, valueAt } from '../../shared/proofs/place.ts';
import { policyOf } from '../../shared/proofs/policy.ts';
import type { Processor } from '../../shared/proofs/processor.ts';
import { countsAt } from '../../shared/proofs/processor-record.ts';
import { getProcessorRecord } from '../../shared/proofs/processor-record-store.ts';
import type { ProofLoad } from '../../shared/proofs/proof.ts';
import { loadOf } from '../../shared/proofs/proof-load.ts';
import type { Runtime } from '../kit/runtime.ts';
import { seedOfSlot } from './day-keys.ts';
import { loadHiredAs } from './load-hired-as.ts';
import { seeDevice } from './see-device.ts';

/** A slot and one of the processors that it may call. */
export interface SlotOfProcessor {
  readonly device: Device;
  readonly processor: Processor;
  readonly slotId: string;
  readonly opensAtMs: number;
  /** Where the request came from, and when. */
  readonly sourceIp: string;
  readonly nowMs: number;
}

/** The load that the slot asks for; `proof.not_called` where it calls for nothing. */
export const requireSlotWork = async (
  needs: Pick<Runtime, 'clock' | 'database' | 'randomness' | 'stage'>,
  { device, processor, slotId, opensAtMs, sourceIp, nowMs }: SlotOfProcessor,
): Promise<ProofLoad> => {
  const policy = policyOf(needs.stage);
  const { database } = needs;
  const [seed, place, record, hired] = await Promise.all([
    seedOfSlot(needs, slotId),
    seeDevice(needs, device, sourceIp, nowMs),
    getProcessorRecord(database, device.id, processor.id),
    loadHiredAs(database, device, opensAtMs),
  ]);
  if (!seed) throw new AppError('proof.unknown_slot');
  if (!record || !countsAt(record, opensAtMs)) throw notCalled();
  const standing = { place: valueAt(place.value, opensAtMs), model: processor.model, hired };
  const call = slotCallOf({ seed }, standing, policy);
  const load = call.called
    ? loadOf(processor, record.calibration, call.profile, policy, hourOfSlot(opensAtMs))
    : null;
  if (!load) throw notCalled();
  return load;
};

/**
 * The hour that a time is in. The table's reference as of its start holds for all of its slots, as in the
 * assignment; a CPU's calibration counts as it stands when the commitment comes.
 */
export const hourOfSlot = (atMs: number): number => Math.floor(atMs / hourMs) * hourMs;

const notCalled = (): AppError => new AppError('proof.not_called');

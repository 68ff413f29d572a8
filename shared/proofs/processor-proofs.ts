/**
 * What a device's proofs amount to, processor by processor: the form in which devices are told of them
 * (`shared/devices/proved.ts`). Pure.
 */
import type { Device } from '../devices/device.ts';
import type { ProcessorProof } from '../devices/proved.ts';
import type { Processor } from './processor.ts';
import type { ProcessorRecord } from './processor-record.ts';
import { isSupported } from './reference.ts';

/**
 * One entry for each processor, with the t0 of its last full pass; without one where verify-device has not
 * proved the processor since the device's verification began.
 */
export const processorProofsOf = (
  processors: readonly Processor[],
  records: readonly ProcessorRecord[],
  { verifyFromMs }: Pick<Device, 'verifyFromMs'>,
): readonly ProcessorProof[] => {
  const recordOf = new Map(records.map((record) => [record.processorId, record]));
  return processors.map((processor) => {
    if (!isSupported(processor)) return 'unsupported';
    const record = recordOf.get(processor.id);
    // Runs of a calibration, and passes of slots and rechecks, are none until verify-device is through.
    const provedAtMs = record?.provedAtMs ?? null;
    const proved = provedAtMs !== null && provedAtMs >= verifyFromMs;
    const last = record && proved ? record.lastMetrics : null;
    return { lastFullPassAtMs: last?.atMs ?? null, gops: last?.gops ?? null };
  });
};

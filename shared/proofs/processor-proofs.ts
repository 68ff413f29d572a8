/**
 * What a device's proofs amount to, processor by processor: the form in which devices are told of them
 * (`shared/devices/proved.ts`). Pure.
 */
import type { ProcessorProof } from '../devices/proved.ts';
import type { Processor } from './processor.ts';
import type { ProcessorRecord } from './processor-record.ts';
import { isSupported } from './reference.ts';

/** One entry for each processor, with the t0 of its last full pass. */
export const processorProofsOf = (
  processors: readonly Processor[],
  records: readonly ProcessorRecord[],
): readonly ProcessorProof[] => {
  const recordOf = new Map(records.map((record) => [record.processorId, record]));
  return processors.map((processor) => {
    if (!isSupported(processor)) return 'unsupported';
    const record = recordOf.get(processor.id);
    // Runs of a calibration, and passes after a strike, are none until verify-device is through.
    const last = record && record.provedAtMs !== null ? record.lastMetrics : null;
    return { lastFullPassAtMs: last?.atMs ?? null, gops: last?.gops ?? null };
  });
};

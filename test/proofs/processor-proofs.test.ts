/** What devices are told of their processors' proofs. */
import { processorsOf } from '../../shared/proofs/processor.ts';
import { processorProofsOf } from '../../shared/proofs/processor-proofs.ts';
import { changedRecord, newRecord } from '../../shared/proofs/processor-record.ts';
import { aDevice, testId } from '../devices/builders.ts';
import { startMs } from '../support/runtime.ts';

const device = aDevice(1, { verifyFromMs: startMs - 500 });
const cpu = processorsOf(device);
const [processor] = cpu;
if (!processor) throw new Error('a device without a processor');
const blank = newRecord(processor, testId('org', 1));
const metrics = { atMs: startMs - 10, gops: 90, mbps: 1, poolBytes: 1 };

describe('processorProofsOf', () => {
  it('is nothing for a processor without a record, and while it is calibrated', () => {
    const nothing = [{ lastFullPassAtMs: null, gops: null }];
    expect(processorProofsOf(cpu, [], device)).toEqual(nothing);
    const calibrating = changedRecord(blank, { lastMetrics: metrics });
    expect(processorProofsOf(cpu, [calibrating], device)).toEqual(nothing);
  });

  it('is the start and the rate of the last full pass, not the time of the first', () => {
    const proved = changedRecord(blank, { provedAtMs: startMs - 500, lastMetrics: metrics });
    expect(processorProofsOf(cpu, [proved], device)).toEqual([
      { lastFullPassAtMs: metrics.atMs, gops: 90 },
    ]);
  });

  it('is nothing while verify-device has not proved it since its verification began', () => {
    const before = changedRecord(blank, { provedAtMs: startMs - 501, lastMetrics: metrics });
    expect(processorProofsOf(cpu, [before], device)).toEqual([
      { lastFullPassAtMs: null, gops: null },
    ]);
  });

  it('is unsupported where the table has no reference for the model', () => {
    expect(
      processorProofsOf([{ ...processor, kind: 'gpu', model: 'nothing known' }], [], device),
    ).toEqual(['unsupported']);
  });
});

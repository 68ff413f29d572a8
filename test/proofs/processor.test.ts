/** The processors of a device: the same ones under the same ids, for ever, and nobody else's. */
import { processorsOf } from '../../shared/proofs/processor.ts';
import { proofIdOf } from '../../shared/proofs/proof.ts';
import { aDevice } from '../devices/builders.ts';
import { gpus } from './called.ts';

describe('the processors of a device', () => {
  it('are its CPU where it is offered as one', () => {
    const [cpu, ...more] = processorsOf(aDevice(1));
    expect(more).toEqual([]);
    expect(cpu).toMatchObject({
      deviceId: aDevice(1).id,
      index: null,
      kind: 'cpu',
      model: 'x86-64 CPU',
      claim: {
        backend: 'cpu',
        driver: '',
        gpu_uuid: '',
        kind: 'cpu',
        memory_bytes: 8192 * 2 ** 20,
        model: 'x86-64 CPU',
        pci_id: '',
        processor_id: cpu?.id,
      },
    });
  });

  it('are the GPUs of the model that it is offered as, where the driver lists them', () => {
    const { hardware, ...rest } = gpus(3);
    const device = aDevice(1, { ...rest, ...gpus(3), gpuIndexes: [0, 2], processorCount: 2 });
    const processors = processorsOf(device);
    expect(hardware?.gpus).toHaveLength(3);
    expect(processors.map(({ index }) => index)).toEqual([0, 2]);
    expect(processors[1]?.claim).toMatchObject({
      backend: 'cuda',
      driver: '580.65.06',
      gpu_uuid: 'GPU-2',
      kind: 'gpu',
      memory_bytes: 24_564 * 2 ** 20,
      model: 'RTX 4090',
    });
  });

  it('keep their ids, which differ by device and by GPU, and sort by the device’s age', () => {
    const ids = (number: number) => processorsOf(aDevice(number, gpus(2))).map(({ id }) => id);
    expect(ids(1)).toEqual(ids(1));
    expect(new Set([...ids(1), ...ids(2)]).size).toBe(4);
    for (const id of ids(1)) expect(id).toMatch(/^prc_[0-9A-HJKMNP-TV-Z]{26}$/);
    const [older] = processorsOf(aDevice(1, { createdAtMs: 1 }));
    const [younger] = processorsOf(aDevice(1, { createdAtMs: 2 }));
    expect((older?.id ?? '') < (younger?.id ?? '')).toBe(true);
  });
});

describe('the id of a proof', () => {
  it('follows from its source and its processor alone, and sorts by its start', () => {
    const of = { sourceId: '2026-11-22T12:00:00Z', processorId: 'prc_1', t0Ms: 1_000 };
    expect(proofIdOf(of)).toBe(proofIdOf({ ...of }));
    const others = [
      { ...of, sourceId: '2026-11-22T12:10:00Z' },
      { ...of, processorId: 'prc_2' },
      // The zero byte between the two keeps apart what would read alike.
      { ...of, sourceId: `${of.sourceId}p`, processorId: 'rc_1' },
    ];
    expect(new Set([of, ...others].map(proofIdOf)).size).toBe(4);
    expect(proofIdOf(of) < proofIdOf({ ...of, t0Ms: 2_000 })).toBe(true);
  });
});

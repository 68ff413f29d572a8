/** Guarantees of the catalogue: what is recognised is there, and nothing else is claimed. */
import fc from 'fast-check';
import type { Hardware } from '../../shared/devices/hardware.ts';
import {
  getModel,
  models,
  recogniseGpu,
  recogniseHardware,
} from '../../shared/market/catalogue.ts';
import { isPriceInBounds } from '../../shared/market/price.ts';

const gpu = (name: string, memoryGib: number): Hardware['gpus'][number] => ({
  name,
  uuid: 'GPU-1',
  memory_mib: Math.round(memoryGib * 1024),
  driver_version: '570.86',
});

const machine = (changes: Partial<Hardware> = {}): Hardware => ({
  os: 'linux',
  arch: 'x64',
  cpu: { name: 'Intel(R) Xeon(R) Platinum 8481C', cores: 8 },
  memory_mib: 16_384,
  disk_free_mib: 10_000,
  gpus: [],
  ...changes,
});

const rtx4090 = gpu('NVIDIA GeForce RTX 4090', 23.99);

describe('a GPU', () => {
  it.each([
    ['NVIDIA GeForce RTX 4090', 23.99, 'RTX 4090'],
    ['NVIDIA GeForce RTX 4090 D', 23.99, 'RTX 4090D'],
    ['NVIDIA GeForce RTX 3080', 10, 'RTX 3080'],
    ['NVIDIA GeForce RTX 3080 Ti', 12, 'RTX 3080 Ti'],
    ['NVIDIA H100 80GB HBM3', 79.65, 'H100 SXM'],
    ['NVIDIA H100 PCIe', 79.65, 'H100 PCIe'],
    ['NVIDIA H200', 140.4, 'H200'],
    ['NVIDIA B200', 179.06, 'B200'],
    ['NVIDIA A100-SXM4-80GB', 80, 'A100 80GB'],
    ['NVIDIA A100 80GB PCIe', 80, 'A100 80GB'],
    ['NVIDIA A100-PCIE-40GB', 40, 'A100 40GB'],
    ['A100-SXM4-40GB', 39.6, 'A100 40GB'],
    ['NVIDIA L40S', 44.99, 'L40S'],
    ['NVIDIA L4', 22.49, 'L4'],
    ['NVIDIA A10', 22.49, 'A10'],
    ['Tesla T4', 15, 'T4'],
    ['Tesla V100-SXM2-32GB', 32, 'V100'],
    ['NVIDIA RTX 6000 Ada Generation', 47.99, 'RTX 6000 Ada'],
    ['Quadro RTX 5000', 16, 'RTX 5000'],
    ['nvidia  geforce rtx 5090 ', 31.84, 'RTX 5090'],
  ])('called %s with %d GiB is a known model', (name, memoryGib, model) => {
    expect(recogniseGpu(gpu(name, memoryGib))?.model).toBe(model);
  });

  it.each([
    ['NVIDIA GeForce RTX 4090 Laptop GPU', 16],
    ['NVIDIA GeForce RTX 4080 SUPER', 16],
    ['NVIDIA GeForce RTX 4070 Ti SUPER', 16],
    ['NVIDIA H100 NVL', 94],
    ['NVIDIA H200 NVL', 141],
    ['NVIDIA A10G', 24],
    ['NVIDIA L40', 48],
    ['NVIDIA A100-SXM4-80GB MIG 1g.10gb', 10],
    ['GRID T4-16Q', 16],
    ['NVIDIA GeForce GTX 1080', 8],
    ['x86-64 CPU', 16],
    ['Apple M4 Max', 64],
  ])('called %s is not claimed to be a model that it is not', (name, memoryGib) => {
    expect(recogniseGpu(gpu(name, memoryGib))).toBeUndefined();
  });

  it.each([
    ['NVIDIA GeForce RTX 3080', 24],
    ['NVIDIA GeForce RTX 4060 Ti', 8],
    ['NVIDIA GeForce RTX 4090', 48],
    ['NVIDIA GeForce RTX 4090', 12],
    ['Tesla V100-SXM2-32GB', 16],
  ])('called %s with %d GiB is not recognised, for its memory does not fit', (name, memoryGib) => {
    expect(recogniseGpu(gpu(name, memoryGib))).toBeUndefined();
  });
});

describe('a machine', () => {
  it('is offered as its GPUs, all together', () => {
    const found = recogniseHardware(machine({ gpus: [rtx4090, rtx4090, rtx4090] }));
    expect(found).toEqual({
      model: 'RTX 4090',
      kind: 'gpu',
      processorCount: 3,
      gpuIndexes: [0, 1, 2],
    });
  });

  it('with several models is offered as the most numerous one', () => {
    const gpus = [gpu('NVIDIA H200', 140.4), rtx4090, gpu('NVIDIA L4', 22.5), rtx4090];
    const found = recogniseHardware(machine({ gpus }));
    expect(found).toMatchObject({ model: 'RTX 4090', processorCount: 2, gpuIndexes: [1, 3] });
  });

  it('with equally many of two models is offered as the first of the catalogue', () => {
    const gpus = [rtx4090, gpu('NVIDIA H200', 140.4)];
    expect(recogniseHardware(machine({ gpus })).model).toBe('H200');
  });

  it('whose GPUs nobody knows is offered as its CPU', () => {
    const found = recogniseHardware(machine({ gpus: [gpu('NVIDIA GeForce GTX 1080', 8)] }));
    expect(found).toEqual({
      model: 'x86-64 CPU',
      kind: 'cpu',
      processorCount: 1,
      gpuIndexes: [],
    });
  });

  it.each([
    ['linux', 'x64', 'Intel(R) Xeon(R) CPU', 'x86-64 CPU'],
    ['linux', 'x64', 'AMD Ryzen 9 7950X 16-Core Processor', 'Ryzen'],
    ['linux', 'x64', 'AMD EPYC 7543 32-Core Processor', 'x86-64 CPU'],
    ['linux', 'x64', 'Apple M4 Max', 'x86-64 CPU'],
    ['linux', 'x64', 'NVIDIA H200', 'x86-64 CPU'],
    ['linux', 'arm64', 'Neoverse-N1', 'arm64 CPU'],
    ['darwin', 'arm64', 'Apple M4 Max', 'M4 Max'],
    ['darwin', 'arm64', 'Apple M4', 'M4'],
    ['darwin', 'arm64', 'Apple M2', 'M2'],
    ['darwin', 'arm64', 'Apple M2 Ultra', 'arm64 CPU'],
    ['darwin', 'arm64', 'NVIDIA H200', 'arm64 CPU'],
    ['darwin', 'x64', 'Intel(R) Core(TM) i9', 'x86-64 CPU'],
  ] as const)('with %s, %s and the CPU %s is a %s', (os, arch, name, model) => {
    const found = recogniseHardware(machine({ os, arch, cpu: { name, cores: 8 } }));
    expect(found).toMatchObject({ model, kind: 'cpu', processorCount: 1, gpuIndexes: [] });
  });

  it('is never offered with a GPU that it does not report', () => {
    const names = models.flatMap(({ driverNames }) => driverNames);
    const anyGpu = fc.record({
      name: fc.oneof(fc.constantFrom(...names), fc.string({ minLength: 1, maxLength: 20 })),
      uuid: fc.constant('GPU'),
      memory_mib: fc.integer({ min: 1, max: 200_000 }),
      driver_version: fc.constant('1'),
    });
    fc.assert(
      fc.property(fc.array(anyGpu, { maxLength: 16 }), (gpus) => {
        const found = recogniseHardware(machine({ gpus }));
        expect(
          found.gpuIndexes.every((at) => recogniseGpu(gpus[at] ?? rtx4090)?.model === found.model),
        ).toBe(true);
        expect(found.kind).toBe(found.gpuIndexes.length > 0 ? 'gpu' : 'cpu');
      }),
      { seed: 7 },
    );
  });
});

describe('the catalogue', () => {
  it('names each model once, and each driver name belongs to one model', () => {
    const names = models.map(({ model }) => model);
    const driverNames = models.flatMap((model) => model.driverNames);
    expect(new Set(names).size).toBe(names.length);
    expect(new Set(driverNames).size).toBe(driverNames.length);
    expect(getModel('RTX 4090')?.memoryGib).toBe(24);
    expect(getModel('rtx 4090')).toBeUndefined();
  });

  it('has a default price within the bounds of prices for every model', () => {
    expect(models.filter((model) => !isPriceInBounds(model.defaultUnitsPerHour))).toEqual([]);
  });
});

/**
 * Which catalogue model a machine is offered as. A machine is offered as one model: its GPUs if the
 * catalogue knows them, else its CPU, which is always there. A GPU that the catalogue does not know,
 * or whose memory does not fit its name, is claimed by nothing: the machine counts as its CPU.
 */
import type { Hardware } from '../devices/hardware.ts';
import { catalogueRows } from './hardware-catalogue.ts';

/** One processor model. */
export interface CatalogueModel {
  readonly model: string;
  readonly vendor: 'nvidia' | 'amd' | 'apple' | 'any';
  readonly kind: 'gpu' | 'cpu';
  readonly pool: 'enterprise' | 'community';
  /** Hundredths; 0 earns no block reward. */
  readonly rewardMultiplierHundredths: number;
  /** Nominal, GiB. */
  readonly memoryGib: number | null;
  /** 10^12 int8 operations per second. */
  readonly peakTops: number | null;
  /** GB/s. */
  readonly memoryGbps: number | null;
  /** Micro-USD per processor and hour when the supplier names no price. */
  readonly defaultUnitsPerHour: bigint;
  readonly driverNames: readonly string[];
  readonly note: string | null;
}

/** Every model, in the catalogue's order. */
export const models: readonly CatalogueModel[] = catalogueRows.map((row) => ({
  model: row[0],
  vendor: row[1],
  kind: row[2],
  pool: row[3],
  rewardMultiplierHundredths: row[4],
  memoryGib: row[5],
  peakTops: row[6],
  memoryGbps: row[7],
  defaultUnitsPerHour: row[8],
  driverNames: row[9],
  note: row[10] ?? null,
}));

const byName: ReadonlyMap<string, CatalogueModel> = new Map(models.map((m) => [m.model, m]));

/** The model of that exact name, or undefined. */
export const getModel = (name: string): CatalogueModel | undefined => byName.get(name);

/** What a machine is offered as. */
export interface RecognisedHardware {
  readonly model: string;
  readonly kind: 'cpu' | 'gpu';
  /** Processors hired together: the machine's GPUs of the model, or 1 for its CPU. */
  readonly processorCount: number;
  /** Where the model's GPUs stand in `hardware.gpus`; empty for a CPU. */
  readonly gpuIndexes: readonly number[];
}

/** Driver names in one spelling: single blanks, lower case, no leading "NVIDIA". */
const normalised = (name: string): string =>
  name
    .trim()
    .replace(/\s+/g, ' ')
    .toLowerCase()
    .replace(/^nvidia /, '');

const byDriverName: ReadonlyMap<string, CatalogueModel> = new Map(
  models.flatMap((model) => model.driverNames.map((name) => [normalised(name), model] as const)),
);

/**
 * Drivers report up to 8 % less than the nominal memory (error correction takes some of it) and
 * never noticeably more.
 */
const fitsMemory = (model: CatalogueModel, memoryMib: number): boolean => {
  if (model.memoryGib === null) return true;
  const nominalMib = model.memoryGib * 1024;
  return memoryMib * 100 >= nominalMib * 90 && memoryMib * 100 <= nominalMib * 103;
};

/** The catalogue model of one GPU, or undefined: unknown name, or memory that does not fit it. */
export const recogniseGpu = (gpu: Hardware['gpus'][number]): CatalogueModel | undefined => {
  const model = byDriverName.get(normalised(gpu.name));
  return model?.kind === 'gpu' && fitsMemory(model, gpu.memory_mib) ? model : undefined;
};

/** The name of the model that a machine's CPU counts as; every CPU counts as one. */
const cpuModelName = ({ os, arch, cpu }: Hardware): string => {
  const known = os === 'darwin' && arch === 'arm64' ? byDriverName.get(normalised(cpu.name)) : null;
  if (known?.vendor === 'apple') return known.model;
  if (arch === 'arm64') return 'arm64 CPU';
  return /^amd ryzen /.test(normalised(cpu.name)) ? 'Ryzen' : 'x86-64 CPU';
};

/**
 * What a machine is offered as: its most numerous catalogue GPU (the catalogue's order breaks ties),
 * or its CPU when it has none. Pure and total: the same report always gives the same answer.
 */
export const recogniseHardware = (hardware: Hardware): RecognisedHardware => {
  const found = hardware.gpus.map((gpu) => recogniseGpu(gpu)?.model);
  const indexesOf = (model: string): readonly number[] =>
    found.flatMap((name, index) => (name === model ? [index] : []));
  let best: { readonly model: string; readonly indexes: readonly number[] } | undefined;
  for (const { model } of models) {
    const indexes = indexesOf(model);
    if (indexes.length > (best?.indexes.length ?? 0)) best = { model, indexes };
  }
  return {
    model: best?.model ?? cpuModelName(hardware),
    kind: best === undefined ? 'cpu' : 'gpu',
    processorCount: best?.indexes.length ?? 1,
    gpuIndexes: best?.indexes ?? [],
  };
};

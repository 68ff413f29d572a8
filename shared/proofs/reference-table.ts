/**
 * How fast each GPU model is held to be, as data with the time from which it holds. The first values
 * follow from the catalogue's dense int8 peak by one rule (docs/proof-of-compute.md, section 12):
 * ref = 0.7 x peak / (1 + overhead), cap = peak. Later values are appended below and win from their
 * time on. Models without a peak have no reference; CPUs and Apple chips are calibrated one by one.
 */
import { assert } from '../core/assert.ts';
import { getModel, models } from '../market/catalogue.ts';
import { type SizeClass, shapes, sizeClassOfGpu } from './size-class.ts';

/** One value: of a model, in proofs of one size. */
export interface ReferenceRow {
  readonly model: string;
  readonly sizeClass: SizeClass;
  /** 10^9 operations per second that an honest device reaches. */
  readonly refGops: number;
  /** 10^9 operations per second that the model cannot exceed. */
  readonly capGops: number;
  /** A full hour; the newest row whose time has come holds. */
  readonly effectiveFromMs: number;
}

/** Models that measurements cannot tell apart: within 15 % in throughput, bandwidth and memory. */
export const aliasGroups: readonly (readonly string[])[] = [
  ['RTX 4090', 'RTX 4090D'],
  ['L40S', 'RTX 6000 Ada'],
  ['RTX A6000', 'A40'],
  ['RTX 3090', 'RTX 3090 Ti'],
];

/**
 * Time outside GEMM in thousandths of it, at n = 16384 and k = 32768: generators (falls as 1/n) and
 * mixing with hashing (falls as 1/k). Estimated per card from its issue rate and bandwidth; every
 * model with a peak has a row here.
 */
// biome-ignore format: a table is read in columns.
const overheadPermil: Readonly<Record<string, readonly [generators: number, hashing: number]>> = {
  'B200': [126, 67], 'H200': [67, 35], 'H100 SXM': [67, 39], 'H100 PCIe': [57, 50],
  'A100 80GB': [32, 22], 'A100 40GB': [32, 30], 'L40S': [44, 58],
  'RTX 4090': [34, 45], 'RTX 4090D': [34, 45], 'RTX 6000 Ada': [38, 52], 'RTX 5000 Ada': [38, 52],
  'RTX 4080': [28, 37], 'RTX 4070 Ti': [28, 37], 'RTX 4070': [22, 33],
  'RTX 4060 Ti': [28, 37], 'RTX 4060': [28, 37],
  'RTX 3090': [16, 20], 'RTX 3090 Ti': [16, 20], 'RTX A6000': [20, 27], 'A40': [20, 27],
  'RTX 3080': [15, 27], 'RTX 3080 Ti': [16, 27], 'RTX A5000': [20, 27], 'RTX A4000': [20, 27],
  'RTX 3070 Ti': [20, 27], 'RTX 3070': [20, 27], 'RTX 3060 Ti': [20, 27], 'RTX 3060': [16, 20],
  'V100': [20, 26], 'T4': [20, 26], 'L4': [40, 52], 'A10': [21, 28],
  'RTX 5090': [23, 33], 'MI300X': [31, 34], 'RX 7900 XTX': [6, 9],
};

/** 2026-01-01T00:00:00Z: before the first proof. */
const initialFromMs = 1_767_225_600_000;
/** Share of the dense peak that GEMM is held to reach, in thousandths. */
const gemmPermil = 700;

/** Values that replace the derived ones, oldest first. Only operators append here. */
const laterRows: readonly ReferenceRow[] = [];

const derivedRow = (model: string, peakTops: number, sizeClass: SizeClass): ReferenceRow => {
  const overhead = overheadPermil[model];
  assert(overhead, `no overhead was estimated for ${model}`);
  const [generators, hashing] = overhead;
  const { n, k } = shapes[sizeClass];
  const permil = (generators * 16_384) / n + (hashing * 32_768) / k;
  return {
    model,
    sizeClass,
    refGops: Math.floor((peakTops * 1000 * gemmPermil) / (1000 + permil)),
    capGops: peakTops * 1000,
    effectiveFromMs: initialFromMs,
  };
};

/** A model is proved in its own size, and in size M while it is hired. */
const sizesOf = (sizeClass: SizeClass): readonly SizeClass[] =>
  sizeClass === 'XL' || sizeClass === 'L' ? [sizeClass, 'M'] : [sizeClass];

/** Every value that ever held, oldest first within a model and size. */
export const referenceRows: readonly ReferenceRow[] = [
  ...models.flatMap(({ model, kind, memoryGib, peakTops }) =>
    kind === 'gpu' && memoryGib !== null && peakTops !== null
      ? sizesOf(sizeClassOfGpu(memoryGib, peakTops)).map((size) =>
          derivedRow(model, peakTops, size),
        )
      : [],
  ),
  ...laterRows,
];

/** The model's other names, as far as measurements tell; never the model itself. */
export const aliasesOf = (model: string): readonly string[] =>
  aliasGroups.flatMap((group) =>
    group.includes(model) ? group.filter((name) => name !== model) : [],
  );

/** What the table says of a model in one size at a time, or undefined: `unsupported` for rewards. */
export const referenceRowOf = (
  model: string,
  sizeClass: SizeClass,
  atMs: number,
): ReferenceRow | undefined =>
  referenceRows
    .filter((row) => row.model === model && row.sizeClass === sizeClass)
    .findLast(({ effectiveFromMs }) => effectiveFromMs <= atMs);

/** The size in which a GPU model proves itself while idle; undefined for models without a peak. */
export const ownSizeClassOf = (model: string): SizeClass | undefined => {
  const known = getModel(model);
  return known?.kind === 'gpu' && known.memoryGib !== null && known.peakTops !== null
    ? sizeClassOfGpu(known.memoryGib, known.peakTops)
    : undefined;
};

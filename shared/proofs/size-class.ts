/** The sizes of a proof's matrices, and which processor proves itself in which. Pure. */

export const sizeClasses = ['XL', 'L', 'M', 'S', 'XS'] as const;

export type SizeClass = (typeof sizeClasses)[number];

/** C is n x n with inner length k. */
export const shapes: Readonly<Record<SizeClass, { readonly n: number; readonly k: number }>> = {
  XL: { n: 32_768, k: 32_768 },
  L: { n: 16_384, k: 32_768 },
  M: { n: 8_192, k: 16_384 },
  S: { n: 4_096, k: 8_192 },
  XS: { n: 2_048, k: 4_096 },
};

/** A CPU of so many 10^9 operations per second proves itself in size S. */
const cpuGopsOfS = 500;

/** The size of a GPU with so many GiB and 10^12 dense operations per second. */
export const sizeClassOfGpu = (memoryGib: number, peakTops: number): SizeClass => {
  if (memoryGib >= 80 && peakTops >= 1_000) return 'XL';
  if (memoryGib > 16) return 'L';
  return memoryGib >= 6 ? 'M' : 'S';
};

/** The size of a calibrated processor: Apple chips always S, other CPUs by what they reach. */
export const sizeClassOfCpu = (isApple: boolean, refGops: number): SizeClass =>
  isApple || refGops >= cpuGopsOfS ? 'S' : 'XS';

/**
 * What a processor's proofs are measured against at a time: the table's value of its GPU model, or what
 * its own calibration found. A processor without one is hireable but earns no rewards. Pure.
 */
import { getModel } from '../market/catalogue.ts';
import type { Calibration, Measurement } from './calibration.ts';
import type { ProofReference } from './proof.ts';
import type { Profile } from './protocol/parameters.ts';
import { ownSizeClassOf, referenceRowOf } from './reference-table.ts';
import { type SizeClass, sizeClassOfCpu } from './size-class.ts';

/** A reference with the size of proof that it is for. */
export interface SizedReference extends ProofReference {
  readonly sizeClass: SizeClass;
}

/** The part of a processor that its load depends on; `processor.ts` makes them. */
export interface MeasuredProcessor {
  readonly kind: 'gpu' | 'cpu';
  readonly model: string;
  /** `memory_bytes`: of the GPU, or all of the machine's. */
  readonly claim: { readonly memory_bytes: number };
}

const gib = 2 ** 30;

/** Whether the model has a reference or can be calibrated; without one its devices earn no rewards. */
export const isSupported = (processor: Pick<MeasuredProcessor, 'kind' | 'model'>): boolean =>
  processor.kind === 'cpu' || ownSizeClassOf(processor.model) !== undefined;

/** The reference of a calibrated processor, or of one that takes a run as its measure. */
export const calibratedReference = (
  model: string,
  { gops, mbps }: Measurement,
): SizedReference => ({
  sizeClass: sizeClassOfCpu(getModel(model)?.vendor === 'apple', gops),
  gops,
  // What it does is all that is known of it: a faster proof raises the reference, and is no fraud.
  capGops: null,
  mbps,
  memoryBytes: null,
});

/** The reference for proofs of this profile at `atMs`; null: not calibrated, or not supported. */
export const referenceOf = (
  processor: MeasuredProcessor,
  calibration: Calibration,
  profile: Profile,
  atMs: number,
): SizedReference | null => {
  if (processor.kind === 'cpu') {
    const { reference } = calibration;
    return reference && calibratedReference(processor.model, reference);
  }
  const own = ownSizeClassOf(processor.model);
  if (own === undefined) return null;
  // Hired GPUs prove themselves in size M, which leaves the customer most of the memory.
  const sizeClass = profile === 0 && (own === 'XL' || own === 'L') ? 'M' : own;
  const row = referenceRowOf(processor.model, sizeClass, atMs);
  const known = getModel(processor.model);
  if (!row || known?.memoryGib === null || known?.memoryGib === undefined) return null;
  return {
    sizeClass,
    gops: row.refGops,
    capGops: row.capGops,
    mbps: (known.memoryGbps ?? 0) * 1000,
    memoryBytes: known.memoryGib * gib,
  };
};

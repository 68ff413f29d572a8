/** The published test vectors, and how their values are written: hex, or `sha256:` of the bytes. */
import { readFileSync } from 'node:fs';
import { sha256, toHex } from '../../../shared/proofs/protocol/bytes.ts';
import type { ProofClaim } from '../../../shared/proofs/protocol/claim.ts';
import type { ProofParams } from '../../../shared/proofs/protocol/parameters.ts';

/** Expected values by name; a value is compared as it stands. */
export type Expected = Readonly<Record<string, unknown>>;

export interface Vector<Inputs> {
  readonly name?: string;
  readonly inputs: Inputs;
  readonly expected: Expected;
}

export interface PrimitiveInputs {
  readonly chacha_key: string;
  readonly chacha_nonce: readonly [number, number, number];
  readonly flat_k: number;
  readonly mix_in: readonly number[];
  readonly mulhi_in: readonly (readonly [number, number])[];
}

export interface SlotInputs {
  readonly day_key: string;
  readonly slot_id: string;
  readonly cohort: string;
  readonly site_id: string;
  readonly parts: number;
  readonly hired: boolean;
  readonly one_in: number;
  readonly full_one_in: number;
}

type Letters = Omit<ProofParams, 'profile'> & Partial<Pick<ProofParams, 'profile'>>;

export interface ProofInputs {
  readonly day_key: string;
  readonly device_private: string;
  readonly processor_id: string;
  readonly claim: ProofClaim;
  readonly walk_seed: string;
  readonly sample_seed: string;
  readonly source: 'slot' | 'challenge';
  readonly source_id: string;
  readonly challenge?: string;
  readonly params: Letters;
}

export type Tamper =
  | {
      readonly leaf: readonly [number, number] | 'all';
      readonly at: number | 'all';
      readonly xor: number;
    }
  | { readonly lane: number | 'all'; readonly xor: number };

export type Operation =
  | { readonly op: 'xor'; readonly at: number; readonly byte: number }
  | { readonly op: 'cut'; readonly at: number; readonly len: number }
  | { readonly op: 'insert'; readonly at: number; readonly hex: string }
  | { readonly op: 'swap'; readonly a: number; readonly b: number; readonly len: number }
  | { readonly op: 'h1_signature_xor' | 'h2_signature_xor'; readonly byte: number }
  | { readonly op: 'verify_as'; readonly inputs: Partial<ProofInputs> };

export interface MutationInputs {
  readonly proof: string;
  readonly tamper?: readonly Tamper[];
  readonly ops?: readonly Operation[];
}

export interface ThresholdInputs {
  readonly params: Letters;
  readonly ref: {
    readonly gops: number;
    readonly cap: number;
    readonly mbps: number;
    readonly memory?: number;
  };
  readonly t: readonly [number, number, number, number];
}

export interface VectorFile {
  readonly protocol: string;
  readonly primitives: readonly Vector<PrimitiveInputs>[];
  readonly slots: readonly Vector<SlotInputs>[];
  readonly proofs: readonly Vector<ProofInputs>[];
  readonly mutations: readonly Vector<MutationInputs>[];
  readonly thresholds: readonly Vector<ThresholdInputs>[];
}

export const vectors = JSON.parse(
  readFileSync(new URL('../../contracts/poc1-vectors.json', import.meta.url), 'utf8'),
) as VectorFile;

/** Parameters of a vector: the profile is full with a walk and light without, unless it is given. */
export const paramsOf = (letters: Letters): ProofParams => ({
  profile: letters.P > 0 ? 2 : 1,
  ...letters,
});

/** The bytes as the vector writes them: in full, or as their digest. */
const spelled = (bytes: Uint8Array, expected: unknown): string =>
  typeof expected === 'string' && expected.startsWith('sha256:')
    ? `sha256:${toHex(sha256(bytes))}`
    : toHex(bytes);

/** A value with its bytes spelled as the expected one. */
const written = (value: unknown, expected: unknown): unknown => {
  if (value instanceof Uint8Array) return spelled(value, expected);
  if (!Array.isArray(value)) return value;
  const wanted: readonly unknown[] = Array.isArray(expected) ? expected : [];
  return value.map((each, at) => written(each, wanted[at]));
};

/**
 * Compares every expected field with what was computed; a field that nobody computes is an error. Bytes
 * are Uint8Array, compared as hex or as the digest that the vector gives.
 */
export const expectAll = (
  computed: Readonly<Record<string, unknown>>,
  expected: Expected,
): void => {
  const actual = Object.keys(expected).map((name) => {
    if (!Object.hasOwn(computed, name)) throw new Error(`nothing computes ${name}`);
    return [name, written(computed[name], expected[name])];
  });
  expect(Object.fromEntries(actual)).toEqual(expected);
};

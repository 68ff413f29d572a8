/**
 * The obvious ways to write the verifier wrong, as edits of its source. Each must be noticed by the honest
 * provers, the cheats and their pass rates: one that is not would show that the library is too small.
 */

/** Replaces `find`, which must occur exactly once in the file, by `replace`. */
export interface Mutant {
  readonly name: string;
  /** In shared/proofs/protocol. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

const inVerifier = (name: string, find: string, replace: string): Mutant => ({
  name,
  file: 'verify.ts',
  find,
  replace,
});

export const mutants: readonly Mutant[] = [
  {
    name: 'draws no samples (K = 0)',
    file: 'derivation.ts',
    find: 'Array.from({ length: K }, (_, s) => ({',
    replace: 'Array.from({ length: 0 * K }, (_, s) => ({',
  },
  {
    name: 'draws one sample for all',
    file: 'derivation.ts',
    find: 'Array.from({ length: K }, (_, s) => ({',
    replace: 'Array.from({ length: K }, (_, every, s = 0 * every) => ({',
  },
  inVerifier(
    'takes openings that are too long',
    'opening.length !== layout.bytes',
    'opening.length < layout.bytes',
  ),
  inVerifier(
    'does not check the signature of h1',
    'if (!isSignedBy(devicePub, h1, signatures.h1)) ',
    'if (!isSignedBy(devicePub, h1, signatures.h1) && false) ',
  ),
  inVerifier(
    'does not check the signature of h2',
    'signatures.h2 !== null && isSignedBy(devicePub, h2, signatures.h2)',
    'signatures.h2 !== null',
  ),
  inVerifier(
    'takes any signature of the device for h2',
    'isSignedBy(devicePub, h2, signatures.h2)',
    '(isSignedBy(devicePub, h2, signatures.h2) || isSignedBy(devicePub, h1, signatures.h2))',
  ),
  inVerifier('does not check the roots', "if (!rootsAreCommitted(proof)) return 'roots';", ''),
  inVerifier(
    "does not check the samples' paths",
    "if (!samplePathsHold(proof)) return 'sample_path';",
    '',
  ),
  inVerifier(
    'checks the path of the first sample alone',
    'draw.samples.every(({ round, leaf }, s) =>',
    'draw.samples.slice(0, 1).every(({ round, leaf }, s) =>',
  ),
  inVerifier(
    "does not check the samples' values",
    "if (!sampleValuesHold(proof)) return 'sample_value';",
    '',
  ),
  inVerifier(
    'tolerates an entry that is a little off',
    'return opening[layout.sampleAt(s) + entry] === mix(value);',
    'return [-2, -1, 0, 1, 2].some((off) => opening[layout.sampleAt(s) + entry] === mix(value + off));',
  ),
  inVerifier(
    'tolerates an entry of half the precision',
    'return opening[layout.sampleAt(s) + entry] === mix(value);',
    'return Array.from({ length: 33 }, (_, at) => at - 16).some((off) => opening[layout.sampleAt(s) + entry] === mix(value + off));',
  ),
  inVerifier(
    'checks every other sample',
    'const { round, entry } = sample;',
    'if (s % 2 === 1) return true; const { round, entry } = sample;',
  ),
  inVerifier('does not check the walk', ' : checkWalk(proof, record.walk)', ' : undefined'),
  inVerifier(
    "does not check the lanes' paths",
    "if (!lanePathsHold(proof, laneRoot)) return 'lane_path';",
    '',
  ),
  inVerifier(
    "does not check the steps' paths",
    'if (!leadsTo(proof, leaf, rootOf(opening, round))) return undefined;',
    '',
  ),
  inVerifier(
    'does not check what lanes leave',
    "return valuesHold ? undefined : 'lane_value';",
    'return undefined;',
  ),
  inVerifier(
    'forgets the previous root in the seed of a round',
    'round === 0 ? noRoot : rootOf(opening, round - 1)',
    'noRoot',
  ),
];

/**
 * RFC 8785 (JSON Canonicalization Scheme) for the flat objects that the protocol hashes and signs: texts
 * and whole numbers only, so that every implementation in every language writes the same bytes.
 */
import { assert } from '../../core/assert.ts';

export type CanonicalFields = Readonly<Record<string, string | number>>;

/**
 * The canonical text: names in the order of their UTF-16 units, no space, ECMAScript's escapes. Numbers
 * are safe integers and texts well-formed, BugError otherwise.
 */
export const canonicalJson = (fields: CanonicalFields): string => {
  const names = Object.keys(fields).sort();
  const parts = names.map((name) => {
    const value = fields[name];
    assert(
      typeof value === 'string' ? value.isWellFormed() : Number.isSafeInteger(value),
      `${name} is no well-formed text and no whole number`,
    );
    // Minus zero is written as zero, as the scheme asks.
    return `${JSON.stringify(name)}:${JSON.stringify(value)}`;
  });
  return `{${parts.join(',')}}`;
};

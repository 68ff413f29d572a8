/** The key by which the treasury's transactions are found on the chain: it names what they do, and nobody holds it. */
import { createHash } from 'node:crypto';
import { encodeBase58 } from '../../../shared/core/base58.ts';

/** The address that every transaction for this subject names. */
export const referenceOf = (subjectId: string): string =>
  encodeBase58(createHash('sha256').update(subjectId).digest());

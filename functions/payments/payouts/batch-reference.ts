/** The key by which a batch's transactions are found on the chain: it names the batch, and nobody holds it. */
import { createHash } from 'node:crypto';
import { encodeBase58 } from '../../../shared/core/base58.ts';

/** More transactions than a batch can ever have. */
export const historyMax = 1000;

/** The address that every transaction of the batch names. */
export const referenceOf = (batchId: string): string =>
  encodeBase58(createHash('sha256').update(batchId).digest());

/** Keys of issuances in the payments table, beside the treasury's other transactions. */
import type { Key } from '../core/database.ts';
import type { IssuanceId } from './issuance.ts';

const partition = 'ISSUANCE';

/** How far the issuances are. */
export const issuanceStateKey: Key = { pk: partition, sk: 'STATE' };

export const issuanceKey = (id: IssuanceId): Key => ({ pk: partition, sk: `ISSUANCE#${id}` });

/** An organisation as a value. */
import type { Id } from '../core/ids.ts';

/** A tenant: it may rent, supply, or both. */
export interface Organisation {
  readonly id: Id<'org'>;
  readonly name: string;
  readonly createdAtMs: number;
}

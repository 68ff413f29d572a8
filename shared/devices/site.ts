/** A site as a value: a supplier's declared private network, inside which its devices reach each other. */
import type { Id } from '../core/ids.ts';
import type { Region } from '../market/regions.ts';

export interface Site {
  readonly id: Id<'site'>;
  readonly organisationId: Id<'org'>;
  readonly name: string;
  readonly region: Region;
  readonly createdAtMs: number;
}

/** Supplier profiles in the devices table: how an organisation presents its selling side. */
import * as z from 'zod';
import type { Database, Write } from '../core/database.ts';
import { supplierKey } from './keys.ts';
import type { Supplier } from './supplier.ts';

const stored = z.object({
  display_name: z.string().optional(),
  contact_email: z.string().optional(),
});

/** The organisation's profile; an organisation that never said anything has an empty one. */
export const getSupplier = async (
  database: Database,
  organisationId: string,
): Promise<Supplier> => {
  const row = stored.parse((await database.get('devices', supplierKey(organisationId))) ?? {});
  return { displayName: row.display_name ?? null, contactEmail: row.contact_email ?? null };
};

/** Sets the parts that are named (null clears one); the last write of a part wins. */
export const changeSupplier = (organisationId: string, changes: Partial<Supplier>): Write => {
  const attributes = {
    display_name: changes.displayName,
    contact_email: changes.contactEmail,
  };
  const entries = Object.entries(attributes);
  return {
    kind: 'update',
    table: 'devices',
    key: supplierKey(organisationId),
    set: Object.fromEntries(entries.map(([name, value]) => [name, value ?? undefined])),
    remove: entries.filter(([, value]) => value === null).map(([name]) => name),
    condition: {},
  };
};

/** A supplier's profile as a value: how an organisation presents its selling side. */

/** Null: not said yet. */
export interface Supplier {
  readonly displayName: string | null;
  readonly contactEmail: string | null;
}

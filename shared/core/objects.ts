/** What the platform asks of a store of objects: whole ones, by names that are known. */
export interface ObjectPort {
  /** Keeps the bytes under this name, in place of what is there. Throws when three attempts failed. */
  put(name: string, bytes: Uint8Array): Promise<void>;
  /** The bytes under a name that something was put under. Throws when three attempts failed. */
  get(name: string): Promise<Uint8Array>;
}

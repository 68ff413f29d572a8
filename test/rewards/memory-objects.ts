/** A store of objects in memory, for tests: counts what was asked of it, and fails or dies when told. */
import type { ObjectPort } from '../../shared/core/objects.ts';

export interface MemoryObjects extends ObjectPort {
  readonly kept: Map<string, Uint8Array>;
}

export const memoryObjects = (): MemoryObjects => {
  const kept = new Map<string, Uint8Array>();
  return {
    kept,
    async put(name, bytes) {
      kept.set(name, bytes);
    },
    async get(name) {
      const bytes = kept.get(name);
      if (!bytes) throw new Error(`S3 answered 403 for ${name}`);
      return bytes;
    },
  };
};

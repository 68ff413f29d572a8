/** Removes folders into which a dying process may still write. */
import { existsSync, rmSync } from 'node:fs';
import { messageOf } from '../problem.ts';

/** Up to 1.5 s of waiting for files that appear or are held meanwhile. */
const patience = { maxRetries: 5, retryDelay: 100 } as const;

/** Why the folder could not be removed; undefined when it is gone. Never throws. */
export const removeFolder = (path: string): string | undefined => {
  try {
    rmSync(path, { recursive: true, force: true, ...patience });
    // Node.js says nothing when another process removes or fills the folder at the same time.
    return existsSync(path) ? 'Another process works in it.' : undefined;
  } catch (thrown) {
    return messageOf(thrown);
  }
};

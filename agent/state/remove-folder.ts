/** Removes folders into which a dying process may still write. */
import { rmSync } from 'node:fs';
import { messageOf } from '../problem.ts';

/** Up to 1.5 s of waiting for files that appear or are held meanwhile. */
const patience = { maxRetries: 5, retryDelay: 100 } as const;

/** Why the folder could not be removed; undefined when it is gone. Never throws. */
export const removeFolder = (path: string): string | undefined => {
  try {
    rmSync(path, { recursive: true, force: true, ...patience });
    return undefined;
  } catch (thrown) {
    return messageOf(thrown);
  }
};

/** How much a file system still holds. */
import { statfsSync } from 'node:fs';

const mebibyte = 1024 * 1024;

/** Where Ray's files lie: short, because socket paths end at 107 bytes. */
export const scratchRoot = '/tmp';
/** Memory for Ray's objects; macOS has none. */
export const shmPath = '/dev/shm';
/** Free MiB of `scratchRoot` below which no node is started. */
export const scratchFreeMibMin = 2_048;

/** Free bytes of the file system that holds `path`; undefined where there is no such path. */
export const freeBytes = (path: string): number | undefined => {
  try {
    const stats = statfsSync(path);
    return stats.bavail * stats.bsize;
  } catch {
    return undefined;
  }
};

/** The same in whole MiB. */
export const freeMib = (path: string): number | undefined => {
  const bytes = freeBytes(path);
  return bytes === undefined ? undefined : Math.floor(bytes / mebibyte);
};

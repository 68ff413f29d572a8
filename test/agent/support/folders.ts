/** Folders of tests, removed when the suite that made them is over. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const made: string[] = [];

afterAll(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A new, empty folder. */
export const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'agent-test-'));
  made.push(folder);
  return folder;
};

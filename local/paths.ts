/** Where things stand in the repository, as absolute paths. */
import { fileURLToPath } from 'node:url';

const at = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));

export const paths = {
  root: at('.'),
  /** Everything that a run writes; not under version control, thrown away at will. */
  state: at('.raymesh'),
  logs: at('.raymesh/logs'),
  /** Node 24 and the tools of package.json. */
  nodeTools: at('node_modules/.bin'),
  /** Ray and the emulator. */
  pythonTools: at('.venv/bin'),
  python: at('.venv/bin/python'),
} as const;

/** A search path on which Node 24 and the pinned Python tools come first. */
export const toolPath = [paths.nodeTools, paths.pythonTools, process.env['PATH'] ?? ''].join(':');

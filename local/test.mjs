// `npm test`: installs what is missing, then runs every suite on Node 24.
import { installAndRun } from './bootstrap.mjs';

await installAndRun('local/run-suites.ts');

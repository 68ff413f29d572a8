/** What `npm test` runs on Node 24: every suite. */
import { runSuites } from './run-suite.ts';
import { allSuites } from './suites.ts';

process.exit(await runSuites(allSuites));

/** `npm run check`: the quick suites, for before a commit. */
import { runSuites } from './run-suite.ts';
import { checkSuites } from './suites.ts';

process.exit(await runSuites(checkSuites));

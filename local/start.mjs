// `npm start`: installs what is missing, then brings the platform up on Node 24.
import { installAndRun } from './bootstrap.mjs';

await installAndRun('local/main.ts');

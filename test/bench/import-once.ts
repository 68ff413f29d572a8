/** Imports one bundle in this process and prints how many milliseconds that took. */
import { pathToFileURL } from 'node:url';

const [bundle = ''] = process.argv.slice(2);
const { href } = pathToFileURL(bundle);
const sinceMs = performance.now();
await import(href);
process.stdout.write(String(performance.now() - sinceMs));
process.exit(0);

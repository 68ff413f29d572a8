/**
 * The functions that are deployed: one per noun and trigger, a file each in functions/entries. A test
 * compares this list with that folder.
 */
export const functionNames = [
  'identity-http',
  'devices-http',
  'devices-socket',
  'devices-schedules',
  'devices-events',
  'devices-verify',
  'market-http',
  'clusters-http',
  'clusters-socket',
  'clusters-events',
  'clusters-schedules',
  'clusters-provision',
  'clusters-release',
  'ledger-http',
  'ledger-statement',
  'ledger-schedules',
  'payments-http',
  'payments-cards',
  'payments-webhook',
  'payments-events',
  'payments-schedules',
  'payments-payouts',
  'payments-deposits',
  'payments-hints',
  'proofs-http',
  'proofs-schedules',
  'rewards-http',
  'rewards-close',
  'rewards-schedules',
  'token-http',
  'token-mint',
  'token-schedules',
] as const;

/** A deployed function; its handler is the file of this name in functions/entries. */
export type FunctionName = (typeof functionNames)[number];

/** The repository's root, where the paths of this file begin. */
const root = new URL('../', import.meta.url);

/** The file that a function is bundled from. */
export const entryOf = (name: FunctionName): URL => new URL(`functions/entries/${name}.ts`, root);

/** Where every function's bundle stands, a folder each. */
export const bundlesFolder = new URL('dist/functions/', root);

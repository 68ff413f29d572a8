/** The suites of `npm test`, in the order in which they run: quick ones first. */

/** The exit status of a check that said what is missing here and checked nothing: counts as none. */
export const notRunStatus = 77;

/** A tool that says yes or no: counts as one check. */
export interface CheckSuite {
  readonly kind: 'check';
  readonly title: string;
  readonly command: readonly [string, ...string[]];
}

/** A project of jest.config.mjs: counts its tests. */
export interface JestSuite {
  readonly kind: 'jest';
  readonly title: string;
  readonly project: string;
  /** Whether its files take turns, because each one wants the machine for itself. */
  readonly alone?: boolean;
}

export type Suite = CheckSuite | JestSuite;

const quick: readonly Suite[] = [
  { kind: 'check', title: 'format and lint', command: ['biome', 'ci', '.'] },
  { kind: 'check', title: 'types', command: ['tsc', '--noEmit'] },
  { kind: 'jest', title: 'rules, handlers, architecture', project: 'unit' },
];

const slow: readonly Suite[] = [
  { kind: 'check', title: 'dead code', command: ['knip', '--no-progress'] },
  {
    kind: 'check',
    title: 'requests to Stripe, by its own stripe-mock',
    command: ['node', 'local/stripe/validation/check-requests.ts'],
  },
  { kind: 'jest', title: 'templates', project: 'infra' },
  { kind: 'jest', title: 'simulation with fixed seeds', project: 'simulation' },
  { kind: 'jest', title: 'stores on the emulator', project: 'stores', alone: true },
  { kind: 'jest', title: 'journeys on the emulator with real Ray', project: 'e2e', alone: true },
];

/** `npm run check`: what a change must pass before it is committed. */
export const checkSuites = quick;

/** `npm test`: everything. */
export const allSuites: readonly Suite[] = [...quick, ...slow];

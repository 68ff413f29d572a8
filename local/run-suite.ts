/** Runs one suite with its output shown, and counts what passed and what failed. */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { paths, toolPath } from './paths.ts';
import { type JestSuite, notRunStatus, type Suite } from './suites.ts';

export interface Count {
  readonly passed: number;
  readonly failed: number;
}

const jestResult = z.object({
  numPassedTests: z.int(),
  numFailedTests: z.int(),
  numRuntimeErrorTestSuites: z.int(),
  numPendingTests: z.int(),
  numTodoTests: z.int(),
});

const runCommand = (command: string, args: readonly string[]): Promise<number> =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: paths.root,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, PATH: toolPath },
    });
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });

const runJest = async ({ project, alone }: JestSuite): Promise<Count> => {
  const outputFile = join(paths.state, 'suites', `${project}.json`);
  mkdirSync(join(paths.state, 'suites'), { recursive: true });
  rmSync(outputFile, { force: true });
  const status = await runCommand(process.execPath, [
    ...['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
    ...['node_modules/jest/bin/jest.js', '--selectProjects', project],
    ...['--json', `--outputFile=${outputFile}`],
    ...(alone ? ['--maxWorkers=1'] : []),
  ]);
  const result = jestResult.parse(JSON.parse(readFileSync(outputFile, 'utf8')));
  // A file that does not load, a test that is skipped, a suite without tests: none passes silently.
  const notRun = result.numRuntimeErrorTestSuites + result.numPendingTests + result.numTodoTests;
  const failed = result.numFailedTests + notRun;
  const nothing = result.numPassedTests + failed === 0;
  return {
    passed: result.numPassedTests,
    failed: failed === 0 && (status !== 0 || nothing) ? 1 : failed,
  };
};

/** Runs a suite. A suite that cannot be run counts as one failure. */
export const runSuite = async (suite: Suite): Promise<Count> => {
  try {
    if (suite.kind === 'jest') return await runJest(suite);
    const [command, ...args] = suite.command;
    const status = await runCommand(command, args);
    if (status === notRunStatus) return { passed: 0, failed: 0 };
    return status === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
  } catch (error) {
    console.error(error);
    return { passed: 0, failed: 1 };
  }
};

/**
 * Runs suites one after the other, prints each one's seconds and at the end the total, alone on its
 * line; answers with the exit code.
 */
export const runSuites = async (suites: readonly Suite[]): Promise<number> => {
  const lines: string[] = [];
  let passed = 0;
  let failed = 0;
  for (const suite of suites) {
    console.log(`\n== ${suite.title}`);
    const sinceMs = performance.now();
    const count = await runSuite(suite);
    const seconds = ((performance.now() - sinceMs) / 1000).toFixed(1);
    lines.push(
      `${seconds.padStart(7)} s  ${suite.title}: ${count.passed} passed, ${count.failed} failed`,
    );
    passed += count.passed;
    failed += count.failed;
  }
  console.log(`\n${lines.join('\n')}\n`);
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
};

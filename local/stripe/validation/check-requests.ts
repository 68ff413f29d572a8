/**
 * Runs the tests that speak to the Stripe stand-in once more, with every request shown to Stripe's own
 * stripe-mock: a parameter that Stripe does not know fails them. Where stripe-mock cannot be had it says
 * what to install and checks nothing, for the tests themselves have run without it; with CI in the
 * environment that is a failure.
 */
import { spawn } from 'node:child_process';
import { paths } from '../../paths.ts';
import { notRunStatus } from '../../suites.ts';
import { UserError } from '../../user-error.ts';
import { type StripeMock, startStripeMock } from './stripe-mock.ts';

const tests = 'test/(local/stripe|payments)/';
const isCi = !['', '0', 'false'].includes(process.env['CI'] ?? '');

const runTests = (mock: StripeMock): Promise<number> =>
  new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      [
        ...['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
        ...['node_modules/jest/bin/jest.js', '--selectProjects', 'unit'],
        ...['--testPathPatterns', tests],
      ],
      {
        cwd: paths.root,
        stdio: ['ignore', 'inherit', 'inherit'],
        env: { ...process.env, STRIPE_MOCK_URL: mock.url },
      },
    );
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });

const check = async (): Promise<number> => {
  let mock: StripeMock;
  try {
    mock = await startStripeMock();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    if (isCi) {
      console.error(`Requests to Stripe must be checked where CI is set. ${error.message}`);
      return 1;
    }
    console.log(`not run: requests to Stripe are not checked. ${error.message}`);
    return notRunStatus;
  }
  try {
    return await runTests(mock);
  } finally {
    await mock.stop();
  }
};

process.exitCode = await check();

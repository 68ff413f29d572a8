/**
 * `npm start`: brings the platform up, plays a whole rental on it with two real agents and real Ray,
 * and stays up until Ctrl-C. With `--once` it ends after the rental. Exit code 0 only if all went well.
 */
import { parseArgs } from 'node:util';
import { playRental } from './demo/rental.ts';
import { startPlatform } from './platform.ts';
import { printSteps } from './progress.ts';
import { stopAll } from './supervisor.ts';
import { UserError } from './user-error.ts';

const defaultPort = 4566;
/** What shells answer for a program that Ctrl-C ended. */
const interruptedExitCode = 130;

interface Options {
  readonly once: boolean;
  readonly port: number;
}

const usage = 'Usage: npm start [-- [--once] [--port <1024 to 65535>]]';

const readOptions = (): Options => {
  try {
    const { values } = parseArgs({
      options: { once: { type: 'boolean', default: false }, port: { type: 'string' } },
    });
    const port = values.port === undefined ? defaultPort : Number(values.port);
    if (!Number.isInteger(port) || port < 1024 || port > 65_535) {
      throw new Error(`--port ${values.port} is not a port`);
    }
    return { once: values.once, port };
  } catch (error) {
    throw new UserError(`${error instanceof Error ? error.message : error}\n${usage}`);
  }
};

/** Settles when someone asks us to end: Ctrl-C, TERM, or the end of our parent. */
const askedToEnd = new Promise<void>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => resolve());
  process.on('disconnect', resolve);
});

/** Everything up to the last line of the rental, and staying up; answers with the exit code. */
const run = async ({ once, port }: Options): Promise<number> => {
  const platform = await startPlatform({ port, step: printSteps });
  const broken = platform.ended.then((sentence) => {
    throw new UserError(sentence);
  });
  // When we end the emulator ourselves, nobody waits for this any more.
  broken.catch(() => undefined);
  const { lines } = await Promise.race([playRental({ platform, step: printSteps }), broken]);
  for (const line of lines) console.log(line);
  if (once) return 0;
  console.log('\nThe platform stays up. Ctrl-C ends it and everything that it started.');
  await Promise.race([askedToEnd, broken]);
  return 0;
};

const main = async (): Promise<number> => {
  const sinceMs = performance.now();
  const options = readOptions();
  console.log('Raymesh on one machine');
  let upAndDone = false;
  const running = run(options).then((exitCode) => {
    upAndDone = true;
    return exitCode;
  });
  // After an interruption what we were in the middle of fails, which is no news.
  running.catch(() => undefined);
  const interrupted = askedToEnd.then(async () => {
    // Staying up ends by itself on the same signal.
    await new Promise((resolve) => setImmediate(resolve));
    return upAndDone ? running : interruptedExitCode;
  });
  try {
    return await Promise.race([running, interrupted]);
  } finally {
    await stopAll();
    console.log(`Ended after ${((performance.now() - sinceMs) / 1000).toFixed(1)} s.`);
  }
};

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof UserError ? error.message : error);
  process.exitCode = 1;
}
process.exit();

/**
 * One platform per test file, on a port of its own: `beforeAll` brings it up, `afterAll` ends
 * everything that was started, agents included.
 */
import { findFreePort } from '../../../local/emulator/emulator.ts';
import { type Platform, startPlatform } from '../../../local/platform.ts';
import { stopAll } from '../../../local/supervisor.ts';

/** How long bringing it up may take on a busy machine, in milliseconds. */
const upWithinMs = 240_000;

/** Registers the hooks; the answer gives the platform to the tests of the file. */
export const usePlatform = (): (() => Platform) => {
  let platform: Platform | undefined;
  beforeAll(async () => {
    platform = await startPlatform({ port: await findFreePort() });
  }, upWithinMs);
  afterAll(async () => {
    await stopAll();
    await platform?.stop();
  }, upWithinMs);
  return () => {
    if (platform === undefined) throw new Error('the platform is not up');
    return platform;
  };
};

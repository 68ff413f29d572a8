/**
 * A process that splits an hour over so many devices and prints the most that its heap ever held, in MiB:
 * JavaScript's heap and the buffers outside of it, garbage that nobody asked to be collected included. The
 * entries themselves are part of it. Argument: the number of devices.
 */
import { rewardPolicyAt } from '../../shared/rewards/policy.ts';
import { splitHour } from '../../shared/rewards/split.ts';
import { fleetOf } from '../support/fleet.ts';

const splits = 3;

const entries = fleetOf(Number(process.argv[2]));
const policy = rewardPolicyAt('published', 0);
let mostBytes = 0;
for (let split = 0; split < splits; split += 1) {
  splitHour(456_621_004_566n, entries, policy);
  const { heapUsed, external } = process.memoryUsage();
  mostBytes = Math.max(mostBytes, heapUsed + external);
}
process.stdout.write(String(mostBytes / 1024 ** 2));

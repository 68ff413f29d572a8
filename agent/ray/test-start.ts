/**
 * The Ray test start: a head of its own on this machine must come up, list itself as alive with our
 * label, and end again. It leaves nothing behind, also when the agent is killed in the middle: the
 * node ends by itself after two minutes.
 */
import { newId } from '../../shared/core/ids.ts';
import type { AgentRuntime } from '../runtime.ts';
import type { NodeDriver, NodeOrder } from './node-driver.ts';

const testSecondsMax = 90;
const stopAfterSeconds = 120;
const pollMs = 250;

/** What a test start needs of the device. */
export type TestPlace = Pick<NodeOrder, 'address' | 'ports' | 'ray_executable' | 'command_id'>;

/** How a test start went; `detail` says why it failed. */
export interface TestOutcome {
  readonly passed: boolean;
  readonly detail: string | null;
}

const awaitAlive = async (
  runtime: AgentRuntime,
  driver: NodeDriver,
  nodeId: string,
): Promise<TestOutcome> => {
  const until = runtime.monotonicMs() + testSecondsMax * 1_000;
  while (runtime.monotonicMs() < until) {
    const view = driver.view(nodeId);
    if (!view?.running) {
      return { passed: false, detail: view?.exit?.detail ?? 'The test node ended unexpectedly.' };
    }
    const rows = await driver.listRay(view);
    if (rows?.some((row) => row.node_id === nodeId && row.alive)) {
      return { passed: true, detail: null };
    }
    await runtime.wait(pollMs);
  }
  return { passed: false, detail: `Ray was not alive after ${testSecondsMax} s.` };
};

/** Starts a head without processors, waits until Ray lists it as alive, and ends it. */
export const runTestStart = async (
  runtime: AgentRuntime,
  driver: NodeDriver,
  place: TestPlace,
): Promise<TestOutcome> => {
  const nowMs = runtime.clock.nowMs();
  const nodeId = newId('nod', nowMs, runtime.randomness);
  const launched = await driver.launch(
    {
      ...place,
      purpose: 'test',
      node_id: nodeId,
      cluster_id: newId('clu', nowMs, runtime.randomness),
      role: 'head',
      head: null,
      cpus: 0,
      gpus: 0,
      gpu_indexes: [],
      proof_consent: false,
      auth_token: Buffer.from(runtime.randomness.bytes(32)).toString('hex'),
    },
    stopAfterSeconds,
  );
  if (launched.outcome === 'refused') return { passed: false, detail: launched.detail };
  const outcome = await awaitAlive(runtime, driver, nodeId);
  await driver.stop(nodeId);
  driver.forget(nodeId);
  return outcome;
};

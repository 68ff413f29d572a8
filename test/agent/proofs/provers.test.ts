/** The provers of a device: the real one for its CPU, and none at all rather than one of no use. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createProvers } from '../../../agent/proofs/provers.ts';
import { waitFor } from '../../../agent/runtime.ts';
import { waitFor as until } from '../../../local/demo/wait.ts';
import { testRuntime } from '../support/runtime.ts';
import { python } from './support/stand-in.ts';

const opened: { end(): void }[] = [];
afterEach(() => {
  for (const provers of opened.splice(0)) provers.end();
});

const setup = (given: { readonly python: string | undefined }) => {
  const { runtime, lines, time } = testRuntime({ wait: waitFor });
  const provers = createProvers(runtime, { ...given, threads: 1 });
  opened.push(provers);
  const logged = (event: string) => lines.filter((line) => line.event === event);
  const untilLogged = (event: string, count = 1) =>
    until(event, async () => (logged(event).length >= count ? logged(event) : undefined), {
      ...{ seconds: 60, everyMs: 10 },
    });
  return { provers, logged, untilLogged, time, runtime };
};

it('tests the engine of the CPU, in a folder of its own', async () => {
  const { provers, runtime } = setup({ python });
  expect(await provers.of(null).selfTest()).toMatchObject({ backend: 'numpy' });
  expect(provers.of(null)).toBe(provers.of(null));
  expect(existsSync(join(runtime.stateFolder, 'prover/cpu'))).toBe(true);
});

it('starts a prover once before it is needed', async () => {
  const { provers, logged, untilLogged } = setup({ python });
  provers.prepare(null);
  provers.prepare(null);
  expect(await untilLogged('prover_ready')).toMatchObject([{ fields: { kind: 'numpy' } }]);
  provers.prepare(null);
  await provers.of(null).selfTest();
  expect(logged('prover_started')).toHaveLength(1);
});

it('tries one that cannot be started ever more rarely', async () => {
  const { provers, untilLogged, time } = setup({ python: undefined });
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  provers.prepare(null);
  const [first] = await untilLogged('prover_unusable');
  expect(first?.fields.reason).toContain('No Python');
  let tries = 1;
  for (let minute = 0; minute < 120; minute += 1) {
    time.nowMs += 60_000;
    provers.prepare(null);
    await turn();
  }
  tries = (await untilLogged('prover_unusable')).length;
  expect(tries).toBeGreaterThan(4);
  expect(tries).toBeLessThan(10);
});

it('does not compute for a GPU on the CPU', async () => {
  const { provers } = setup({ python });
  const gpu = provers.of(0);
  const start = {
    ...{ seed: new Uint8Array(32), devicePub: new Uint8Array(32), h0: new Uint8Array(32) },
    params: { profile: 1, n: 64, k: 64, R: 1, P: 0, L: 0, S: 0, K: 1, q: 0 } as const,
  };
  const words = expect.stringContaining('No engine works on this GPU');
  await expect(gpu.selfTest()).rejects.toMatchObject({ name: 'ProverFailed', message: words });
  await expect(gpu.begin(start, 60_000)).rejects.toMatchObject({ message: words });
});

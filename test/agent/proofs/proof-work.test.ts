/** Proofs of one processor never run beside each other; those of different GPUs do. */
import { createProofWork } from '../../../agent/proofs/proof-work.ts';
import { testRuntime } from '../support/runtime.ts';

const setup = () => {
  const { runtime, lines } = testRuntime();
  const work = createProofWork(runtime);
  const events: string[] = [];
  /** Work that lasts until it is told to end. */
  const ask = (gpuIndex: number | null, name: string) => {
    const gate = Promise.withResolvers<void>();
    const done = work.inTurn(gpuIndex, async () => {
      events.push(`${name} begins`);
      await gate.promise;
      events.push(`${name} ends`);
      return name;
    });
    return { done, end: gate.resolve, fail: gate.reject };
  };
  return { work, events, ask, lines };
};
const turn = () => new Promise((resolve) => setImmediate(resolve));

it('runs what one processor is asked one after the other', async () => {
  const { ask, events } = setup();
  const [first, second] = [ask(null, 'a'), ask(null, 'b')];
  second.end();
  await turn();
  expect(events).toEqual(['a begins']);
  first.end();
  expect(await Promise.all([first.done, second.done])).toEqual(['a', 'b']);
  expect(events).toEqual(['a begins', 'a ends', 'b begins', 'b ends']);
});

it('runs GPUs beside each other', async () => {
  const { ask, events } = setup();
  const all = [ask(0, 'a'), ask(1, 'b')];
  await turn();
  expect(events).toEqual(['a begins', 'b begins']);
  for (const { end } of all) end();
  await Promise.all(all.map(({ done }) => done));
});

it('goes on after a failure', async () => {
  const { ask, lines } = setup();
  const [first, second] = [ask(0, 'a'), ask(0, 'b')];
  first.fail(new Error('no way'));
  second.end();
  await expect(first.done).rejects.toThrow('no way');
  expect(await second.done).toBe('b');
  expect(lines).toEqual([]);
});

it('lets others wait for one processor, or for all', async () => {
  const { work, ask, events } = setup();
  const [cpu, gpu] = [ask(null, 'cpu'), ask(0, 'gpu')];
  const waits = [
    work.whenIdle(null).then(() => events.push('cpu idle')),
    work.whenIdle().then(() => events.push('all idle')),
    work.whenIdle(7).then(() => events.push('gpu 7 idle')),
  ];
  await turn();
  cpu.end();
  await turn();
  const later = ask(0, 'later');
  gpu.end();
  await turn();
  expect(events).not.toContain('all idle');
  later.end();
  await Promise.all(waits);
  const own = events.filter((event) => event.endsWith('idle'));
  expect(own).toEqual(['gpu 7 idle', 'cpu idle', 'all idle']);
});

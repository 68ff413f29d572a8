/** The task that begins executions of `pay-suppliers`: as many as are needed, and an alarm for what goes on for ever. */
import { startPayouts } from '../../../functions/payments/payouts/start-payouts.schedule.ts';
import { minuteMs } from '../../../shared/core/time.ts';
import { io, payoutService, usd } from './payout-service.ts';

const setup = async () => {
  const service = await payoutService();
  const started: [string, object][] = [];
  const workflows = {
    start: async (_arn: string, name: string, input: object) => void started.push([name, input]),
  };
  const needs = { ...service.runtime, workflows, payStateMachineArn: 'arn:pay' };
  const start = async () => {
    await startPayouts(needs);
    return started.splice(0);
  };
  const one = await service.supplier(100n * usd);
  const ask = () => service.ask(one, 50n * usd);
  return { ...service, start, ask, askFor: service.ask };
};

it('begins one execution a minute for a lane whose queue is not empty, and none otherwise', async () => {
  const { start, ask, runtime } = await setup();
  expect(await start()).toEqual([]);
  await ask();
  const [first] = await start();
  expect(first?.[1]).toEqual({ lane_id: 'bulk' });
  expect(await start()).toEqual([first]);
  runtime.clock.ms += minuteMs;
  expect((await start())[0]?.[0]).not.toBe(first?.[0]);
});

it('begins one for rewards that wait alone, too', async () => {
  const { start, supplier, reward, askFor, runtime } = await setup();
  const one = await supplier(100n * usd);
  await reward(one, 300n * io);
  const price = { id: 'prc_1', nanoUsdPerIo: 250_000_000n, atMs: runtime.clock.ms };
  await askFor(one, 300n * io, { source: 'rewards', token: 'io', price });
  expect((await start()).map(([, input]) => input)).toEqual([{ lane_id: 'bulk' }]);
});

it('leaves a batch to its execution, and begins another one every five minutes', async () => {
  const { start, ask, step, runtime } = await setup();
  await ask();
  await step('open-batch');
  expect(await start()).toEqual([]);
  runtime.clock.ms += 5 * minuteMs;
  const [rescue] = await start();
  expect(rescue?.[0]).toMatch(/^pbt_.*-1$/);
  runtime.clock.ms += 4 * minuteMs;
  expect(await start()).toEqual([rescue]);
});

it('rings when a batch has not come to its end in half an hour', async () => {
  const { start, ask, step, runtime } = await setup();
  await ask();
  await step('open-batch');
  runtime.clock.ms += 30 * minuteMs;
  await expect(start()).rejects.toThrow('is open after 30 minutes');
});

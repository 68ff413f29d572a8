/** From an order to a running cluster, in memory, with played agents. */
import { setup } from './fixture.ts';

test('a smoke of the whole rental', async () => {
  const platform = await setup();
  const id = await platform.order(2);
  await platform.provision(id);
  await platform.run(id, 60_000);
  await platform.terminate(id);
  await platform.release(id);
  expect((await platform.cluster(id)).status).toBe('terminated');
  expect(await platform.brokenBooks()).toEqual([]);
  expect(await platform.invoices()).toHaveLength(1);
});

/** A node moves forward whatever else is written at that moment, and never back. */
import { advanceNode } from '../../functions/clusters/advance-node.ts';
import type { Node } from '../../shared/clusters/node.ts';
import { getNode, moveNode, putNode } from '../../shared/clusters/node-store.ts';
import { newId } from '../../shared/core/ids.ts';
import { testRuntime } from '../support/runtime.ts';

const setup = async () => {
  const runtime = testRuntime();
  const { database, clock, randomness } = runtime;
  const node: Node = {
    id: newId('nod', clock.ms, randomness),
    clusterId: newId('clu', clock.ms, randomness),
    deviceId: newId('dev', clock.ms, randomness),
    cpus: 4,
    gpus: 0,
    status: 'accepted',
    reason: null,
    commandedAtMs: clock.ms,
    changedAtMs: clock.ms,
    stopping: false,
  };
  await database.write(putNode(node));
  const stored = () => getNode(database, node.clusterId, node.id);
  return { runtime, node, stored, nowMs: clock.ms };
};

it('moves a node on although another report moved it since it was read', async () => {
  const { runtime, node, stored, nowMs } = await setup();
  await runtime.database.write(moveNode(node, 'started', null, nowMs));
  await advanceNode(runtime, node, { status: 'alive', reason: null, nowMs });
  expect((await stored())?.status).toBe('alive');
});

it('leaves a node alone that has moved further meanwhile', async () => {
  const { runtime, node, stored, nowMs } = await setup();
  await runtime.database.write(moveNode(node, 'exited', 'ray_exited', nowMs));
  await advanceNode(runtime, node, { status: 'alive', reason: null, nowMs });
  expect(await stored()).toMatchObject({ status: 'exited', reason: 'ray_exited' });
});

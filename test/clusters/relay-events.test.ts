/** What the clusters table's stream leads to, and the socket route on which heads report. */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { receiveSocketReport } from '../../functions/clusters/receive-report.socket.ts';
import { relayEvents } from '../../functions/clusters/relay-events.stream.ts';
import { socketFunction } from '../../functions/kit/socket.ts';
import { streamFunction } from '../../functions/kit/stream.ts';
import { putAnswer } from '../../shared/clusters/answer-store.ts';
import { parseCommand } from '../../shared/clusters/command-store.ts';
import { getWait } from '../../shared/clusters/wait-store.ts';
import { present } from '../../shared/core/assert.ts';
import type { Item } from '../../shared/core/database.ts';
import { firstPresence } from '../../shared/devices/presence.ts';
import { putPresence } from '../../shared/devices/presence-store.ts';
import { only } from './coming-up.ts';
import { type Platform, setup } from './fixture.ts';

/** One record through the stream's pipeline. */
const deliver = (
  platform: Platform,
  item: Item,
  eventName: 'INSERT' | 'MODIFY' | 'REMOVE' = 'INSERT',
) => {
  const consume = streamFunction(platform.needs, relayEvents);
  const NewImage = marshall(item, { removeUndefinedValues: true }) as Record<
    string,
    AttributeValue
  >;
  const image = eventName === 'REMOVE' ? {} : { NewImage };
  return consume({ Records: [{ eventName, dynamodb: image }] } as unknown as Parameters<
    typeof consume
  >[0]);
};

const connect = (platform: Platform, deviceId: string, connectionId: string) =>
  platform.database.write(
    putPresence(deviceId, undefined, firstPresence(connectionId, platform.clock.ms)),
  );

const itemsOf = (platform: Platform, prefix: string) =>
  platform.database.all('clusters').filter(({ sk }) => sk.startsWith(prefix));

describe('the relay', () => {
  it('starts the provisioning of a new cluster once, by its id', async () => {
    const platform = await setup();
    const id = await platform.order(1);
    const [event] = itemsOf(platform, 'EVT#');
    await deliver(platform, event as Item);
    await deliver(platform, event as Item);
    expect(platform.started).toEqual([
      { arn: 'arn:provision-cluster', name: id, input: { cluster_id: id } },
    ]);
  });

  it.each(['terminate', 'give-up', 'expire-clusters'])(
    'starts the release after %s',
    async (how) => {
      const platform = await setup();
      const id = await platform.order(1);
      await platform.provision(id);
      if (how === 'terminate') await platform.terminate(id);
      if (how === 'give-up') {
        const { nodeId, deviceId } = (await platform.cluster(id)).assignments[0] ?? {};
        const about = { command_id: platform.newId('cmd'), cluster_id: id, node_id: nodeId ?? '' };
        await platform.report(deviceId ?? '', platform.nodeReport(about, 'exited'));
      }
      if (how === 'expire-clusters') {
        platform.clock.ms = (await platform.cluster(id)).paidUntilMs ?? 0;
        await platform.task('expire-clusters');
      }
      await platform.relay();
      expect(platform.started.at(-1)).toEqual({
        arn: 'arn:release-cluster',
        name: id,
        input: { cluster_id: id },
      });
    },
  );

  it("pushes a command to the device's current connection, and to nobody when it has none", async () => {
    const platform = await setup();
    const id = await platform.order(1);
    await platform.step('dispatch-nodes', id);
    const command = itemsOf(platform, 'CMD#').find(
      (item) => parseCommand(item).command.kind === 'start_node',
    );
    await deliver(platform, command as Item);
    expect(platform.pushed).toEqual([]);
    await connect(platform, String(command?.['device_id']), 'connection-1');
    await deliver(platform, command as Item);
    expect(platform.pushed).toMatchObject([
      {
        connectionId: 'connection-1',
        message: { type: 'commands', commands: [{ kind: 'start_node', cluster_id: id }] },
      },
    ]);
  });

  it('wakes the workflow of the cluster whose challenge is over, and of no other', async () => {
    const platform = await setup();
    const { database } = platform;
    const id = await platform.order(1);
    await platform.step('dispatch-nodes', id);
    const challenge = { id: 'chl_00000000000000000000000001', round: `${id}#1` } as const;
    expect(putAnswer({ ...challenge, purpose: 'recheck' })).toEqual([]);
    expect(putAnswer({ ...challenge, purpose: 'acceptance', round: null })).toEqual([]);
    const [answer] = putAnswer({ ...challenge, purpose: 'acceptance' });
    await database.write(present(answer, 'no answer'));
    await deliver(platform, only(itemsOf(platform, 'ANSWER#')));
    expect(platform.woken).toEqual([await getWait(database, id)]);
  });

  it('does not mind a connection that is gone', async () => {
    const platform = await setup();
    await platform.step('dispatch-nodes', await platform.order(1));
    const [command] = itemsOf(platform, 'CMD#');
    await connect(platform, String(command?.['device_id']), 'connection-1');
    platform.sockets.push = async () => false;
    await deliver(platform, command as Item);
    expect(platform.poisoned).toEqual([]);
    platform.sockets.push = async () => {
      throw new Error('throttled');
    };
    await deliver(platform, command as Item);
    expect(platform.poisoned).toEqual([]);
  });

  it('ignores changes, removals and items of other kinds', async () => {
    const platform = await setup();
    const id = await platform.order(1);
    await platform.step('dispatch-nodes', id);
    for (const item of platform.database.all('clusters')) {
      await deliver(platform, item, 'MODIFY');
      await deliver(platform, item, 'REMOVE');
      if (!item.sk.startsWith('EVT#')) await deliver(platform, item);
    }
    await deliver(platform, { pk: 'NEW#1', sk: 'SOMETHING' });
    expect(platform.started).toEqual([]);
    expect(platform.pushed).toEqual([]);
    expect(platform.poisoned).toEqual([]);
  });

  it('sets aside what it cannot read, and goes on', async () => {
    const platform = await setup();
    await deliver(platform, { pk: 'CLU#1', sk: 'EVT#00000001', event: 'cluster.exploded' });
    expect(platform.poisoned).toHaveLength(1);
  });
});

describe('the socket route of reports', () => {
  const send = (platform: Platform, connectionId: string, body: unknown) => {
    const serve = socketFunction(platform.needs, { report: receiveSocketReport });
    const event = {
      requestContext: { routeKey: 'report', connectionId },
      body: JSON.stringify(body),
    };
    return serve(event as unknown as Parameters<typeof serve>[0]);
  };

  it('takes the word of the connection that speaks for the device, and of no other', async () => {
    const platform = await setup();
    const id = await platform.order(1);
    await platform.step('dispatch-nodes', id);
    await platform.obey();
    const { deviceId, body: report } = await platform.rayReport(id);
    await connect(platform, deviceId, 'connection-1');
    const message = { action: 'report', device_id: deviceId, report };
    expect(await send(platform, 'connection-2', message)).toEqual({ statusCode: 409 });
    expect((await platform.cluster(id)).status).toBe('deploying');
    expect(await send(platform, 'connection-1', { ...message, more: 1 })).toEqual({
      statusCode: 400,
    });
    expect(await send(platform, 'connection-1', message)).toEqual({ statusCode: 200 });
    expect((await platform.cluster(id)).status).toBe('running');
  });
});

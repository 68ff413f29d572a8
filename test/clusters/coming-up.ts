/** Clusters at the first points of their way up, for the tests of provisioning. */
import type { StartNodeCommand } from '../../shared/clusters/agent-protocol.ts';
import { present } from '../../shared/core/assert.ts';
import type { Platform } from './fixture.ts';

/** Every start command that waits in any box, with its device. */
export const starts = async (platform: Platform) => {
  const found: (StartNodeCommand & { readonly deviceId: string })[] = [];
  for (const { id } of platform.devices) {
    for (const command of await platform.commandsOf(id)) {
      if (command.kind === 'start_node') found.push({ ...command, deviceId: id });
    }
  }
  return found;
};

/** The one element of a list. */
export const only = <T>(list: readonly T[]): T => {
  expect(list).toHaveLength(1);
  return present(list[0], 'an empty list');
};

/** An order of three nodes whose head was commanded, and that command. */
export const headCommanded = async (platform: Platform, nodes = 3) => {
  const id = await platform.order(nodes);
  await platform.beat();
  await platform.step('dispatch-nodes', id);
  return { id, head: only(await starts(platform)) };
};

/** The same, with the head's ports known and its workers commanded. */
export const workersCommanded = async (platform: Platform, nodes = 3) => {
  const { id, head } = await headCommanded(platform, nodes);
  await platform.report(head.deviceId, platform.nodeReport(head, 'accepted'));
  await platform.report(head.deviceId, platform.nodeReport(head, 'started'));
  const workers = await starts(platform);
  expect(workers).toHaveLength(nodes - 1);
  return { id, head, workers };
};

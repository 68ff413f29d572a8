/**
 * Commands to devices: written in the transaction that decides them, pushed by the stream, fetched by
 * agents whose socket is down, deleted when the agent has answered. Writing one again is a no-op.
 */
import type { Database, Item, Write } from '../core/database.ts';
import { type Command, commandSchema } from './agent-protocol.ts';
import { commandKey, commandPrefix } from './keys.ts';

/** Most commands that one answer carries; the next poll brings the rest. */
const commandsMax = 50;

/** Puts the command in the device's box. */
export const putCommand = (input: {
  readonly deviceId: string;
  readonly command: Command;
}): Write => ({
  kind: 'put',
  table: 'clusters',
  key: commandKey(input.deviceId, input.command.command_id),
  attributes: { device_id: input.deviceId, command: JSON.stringify(input.command) },
  condition: { exists: false },
});

/** Takes an answered command out of the box; harmless when it is gone. */
export const deleteCommand = (deviceId: string, commandId: string): Write => ({
  kind: 'delete',
  table: 'clusters',
  key: commandKey(deviceId, commandId),
  condition: {},
});

/** Whether an item of the clusters table is a command. */
export const isCommand = (item: Item): boolean => item.sk.startsWith(commandPrefix);

/** The command in an item, and whom it is for. */
export const parseCommand = (
  item: Item,
): { readonly deviceId: string; readonly command: Command } => ({
  deviceId: String(item['device_id']),
  command: commandSchema.parse(JSON.parse(String(item['command']))),
});

/** Commands that wait for a device, oldest first. */
export const listCommands = async (
  database: Database,
  deviceId: string,
): Promise<readonly Command[]> => {
  const page = await database.query('clusters', {
    pk: `DEVICE#${deviceId}`,
    skPrefix: commandPrefix,
    limit: commandsMax,
  });
  return page.items.map((item) => parseCommand(item).command);
};

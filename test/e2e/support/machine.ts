/** What happens on the supplier's machine: nodes, their processes, the agents' logs. */
import { readFileSync } from 'node:fs';
import { machineMonotonicMs } from '../../../agent/ray/monotonic-clock.ts';
import { readJsonFile, validValue } from '../../../agent/state/json-file.ts';
import {
  deadlineSchema,
  listNodes,
  type NodeView,
  nodeFiles,
  nodeFolder,
} from '../../../agent/state/node-folder.ts';
import { type Agent, clockFile } from '../../../local/demo/agents.ts';
import { waitFor } from '../../../local/demo/wait.ts';
import { present } from '../../../shared/core/assert.ts';
import { processesOfNode } from './stage.ts';

/** The nodes that this agent knows. */
export const nodesOfAgent = (agent: Agent): readonly NodeView[] => listNodes(agent.stateFolder);

/** Waits until this agent's machine runs no node any more. */
export const untilIdle = (agent: Agent): Promise<true> =>
  waitFor(
    `${agent.name} to end its nodes`,
    async () => (nodesOfAgent(agent).some(({ running }) => running) ? undefined : true),
    { seconds: 60 },
  );

/** The agent, of these, whose machine has the node. */
export const agentOfNode = (agents: readonly Agent[], nodeId: string): Agent =>
  present(
    agents.find((agent) => nodesOfAgent(agent).some((node) => node.nodeId === nodeId)),
    `no agent has ${nodeId}`,
  );

/** The command line of a process; empty when it has ended. */
const commandOf = (pid: number): string => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[0] ?? '';
  } catch {
    return '';
  }
};

/** The raylet of this node: of the processes with the node's mark, the one that is called so. */
export const rayletOfNode = (nodeId: string): number =>
  present(
    processesOfNode(nodeId).find((pid) => commandOf(pid).endsWith('/raylet')),
    `${nodeId} has no raylet`,
  );

/** The process that is `ray start` of this node. */
export const rayOfNode = (agent: Agent, nodeId: string): number => {
  const node = nodesOfAgent(agent).find((each) => each.nodeId === nodeId);
  return present(node?.process?.ray, `${nodeId} has no Ray`).pid;
};

interface LogLine {
  readonly event: string;
  readonly [field: string]: unknown;
}

/** The lines of the agent's structured log, since its daemon was started. */
export const logOf = (agent: Agent): readonly LogLine[] =>
  readFileSync(agent.logFile, 'utf8')
    .split('\n')
    .flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as LogLine] : []));

/** Waits until the agent has logged this event; answers the line. */
export const untilLogged = (
  agent: Agent,
  event: string,
  matches: (line: LogLine) => boolean = () => true,
): Promise<LogLine> =>
  waitFor(
    `${agent.name} to log ${event}`,
    async () => logOf(agent).find((line) => line.event === event && matches(line)),
    { seconds: 90 },
  );

/** How long from now the node ends by itself, in milliseconds of its machine's own clock. */
export const endsInMs = (agent: Agent, nodeId: string): number => {
  const { deadline } = nodeFiles(nodeFolder(agent.stateFolder, nodeId));
  const read = present(validValue(readJsonFile(deadline, deadlineSchema)), 'no deadline');
  return read.stop_at_monotonic_ms - machineMonotonicMs(clockFile(agent));
};

/**
 * Ends the processes of one node and of nothing else: Ray's leader is asked first (a worker then
 * leaves the cluster as drained), its process group is killed, and what left the group (job drivers
 * run in sessions of their own) is found by the node's marker. Never `ray stop`: it ends every Ray
 * process of the machine.
 */
import { waitFor } from '../runtime.ts';
import { killGroup, processesMarked } from '../state/process-identity.ts';
import { nodeMarker } from './launch.ts';

const politeMs = 4_000;
const sweepsMax = 40;
const sweepPauseMs = 50;

const quietKill = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal);
  } catch {
    // It has just ended by itself.
  }
};

/** Kills whatever still carries the node's marker until nothing does. */
export const sweepNode = async (nodeId: string): Promise<void> => {
  for (let sweep = 0; sweep < sweepsMax; sweep += 1) {
    const left = processesMarked(nodeMarker, nodeId).filter((pid) => pid !== process.pid);
    if (left.length === 0) return;
    for (const pid of left) quietKill(pid, 'SIGKILL');
    await waitFor(sweepPauseMs);
  }
};

/** Ends a node whose leader is `leader`; `exited` tells that the leader has gone. */
export const endNodeProcesses = async (
  nodeId: string,
  leader: number | undefined,
  exited: Promise<void>,
): Promise<void> => {
  if (leader !== undefined) {
    quietKill(leader, 'SIGTERM');
    await Promise.race([exited, waitFor(politeMs)]);
    killGroup(leader);
  }
  await sweepNode(nodeId);
};

/**
 * Devices of one site prove that they reach each other: each listens on its registered address and
 * says its public id, and nothing else.
 */
import { createServer, type Server } from 'node:net';
import type { TestRayCommand } from '../../shared/clusters/agent-protocol.ts';
import { AgentError } from '../problem.ts';
import { readGreeting } from '../ray/tcp.ts';

const dialLimits = { timeoutMs: 3_000, charactersMax: 128 } as const;
const connectionsMax = 32;

export type Peer = TestRayCommand['peers'][number];

/** The public ids of the peers that answered with their own. */
export const reachedPeers = async (peers: readonly Peer[]): Promise<readonly string[]> => {
  const answers = await Promise.all(
    peers.map((peer) => readGreeting(peer.address, peer.port, dialLimits)),
  );
  return peers.filter((peer, index) => answers[index] === peer.public_id).map((p) => p.public_id);
};

/** Listens and answers with `publicId`. Throws AgentError when the address or port cannot be used. */
export const listenForPeers = async (own: Peer): Promise<Server> => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.end(`${own.public_id}\n`);
  });
  server.maxConnections = connectionsMax;
  const problem = await new Promise<string | undefined>((resolve) => {
    server.once('error', (error) => resolve(error.message));
    server.listen({ host: own.address, port: own.port, exclusive: true }, () => resolve(undefined));
  });
  if (problem === undefined) return server;
  const isOurs = (await reachedPeers([own])).length === 1;
  throw new AgentError({
    what: isOurs
      ? 'The agent of this state folder is already running.'
      : `The agent cannot listen on ${own.address}:${own.port}.`,
    why: problem,
    next: isOurs
      ? 'Use it as it is, or end it first ("raymesh-agent status" names its process).'
      : 'Free the port, or give the machine its registered address again; or leave and join again.',
  });
};

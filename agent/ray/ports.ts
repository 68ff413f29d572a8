/**
 * Blocks of 100 ports, one per node. A block belongs to whoever listens on its last port, the guard:
 * the kernel gives it to one process of the machine and takes it back when that process ends, so two
 * agents never share a block and no stale lock exists. The other ports are bound once before use.
 */
import { createServer, type Server } from 'node:net';

/** Ports per block. */
export const blockSize = 100;
/** The default range: blocks 20000 + 100 i for i = 0..126. */
export const defaultPorts = { first: 20_000, last: 32_699 } as const;

/** The ports of the block that starts at `first`, by their use. */
export const portsOf = (first: number) => ({
  gcs: first,
  dashboard: first + 1,
  client: first + 2,
  nodeManager: first + 3,
  objectManager: first + 4,
  runtimeEnvironment: first + 5,
  agentHttp: first + 6,
  agentGrpc: first + 7,
  metrics: first + 8,
  dashboardMetrics: first + 9,
  autoscalerMetrics: first + 10,
  workersFirst: first + 11,
  workersLast: first + blockSize - 2,
  guard: first + blockSize - 1,
});

/** First ports of the whole blocks inside a range, lowest first. */
export const blocksIn = (range: { readonly first: number; readonly last: number }) => {
  const count = Math.floor((range.last - range.first + 1) / blockSize);
  return Array.from({ length: count }, (_, index) => range.first + index * blockSize);
};

const listen = (port: number): Promise<Server | undefined> =>
  new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', () => resolve(undefined));
    server.listen({ port, host: '0.0.0.0', exclusive: true }, () => resolve(server));
  });

const close = (server: Server): Promise<void> =>
  new Promise((resolve) => server.close(() => resolve()));

/** A block that this process holds until `release`. */
export interface HeldBlock {
  readonly first: number;
  release(): Promise<void>;
}

const takeBlock = async (first: number): Promise<HeldBlock | undefined> => {
  const guard = await listen(portsOf(first).guard);
  if (!guard) return undefined;
  const others = await Promise.all(
    Array.from({ length: blockSize - 1 }, (_, index) => listen(first + index)),
  );
  const bound = others.filter((server) => server !== undefined);
  await Promise.all(bound.map(close));
  if (bound.length === others.length) return { first, release: () => close(guard) };
  await close(guard);
  return undefined;
};

/** The lowest free block of the range, held; undefined when none is free. */
export const takeFreeBlock = async (range: {
  readonly first: number;
  readonly last: number;
}): Promise<HeldBlock | undefined> => {
  for (const first of blocksIn(range)) {
    const held = await takeBlock(first);
    if (held) return held;
  }
  return undefined;
};

/** Whether a port can be bound on this address now. */
export const isPortFree = (host: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });

/** A line between agents and the platform that a test can cut and mend: a TCP relay on loopback. */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { findFreePort } from '../../../local/emulator/emulator.ts';

export interface Line {
  readonly port: number;
  /** Breaks every connection, and every new one at once, until the line is mended. */
  cut(): void;
  mend(): void;
  close(): Promise<void>;
}

const listen = (server: Server, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });

/** Opens a line to this port of loopback. */
export const openLine = async (targetPort: number): Promise<Line> => {
  const ends = new Set<Socket>();
  let isCut = false;
  const keep = (socket: Socket): void => {
    ends.add(socket);
    // What a broken line says to either side is the subject of the test, not its failure.
    socket.on('error', () => socket.destroy());
    socket.on('close', () => ends.delete(socket));
  };
  const server = createServer((near) => {
    if (isCut) {
      near.destroy();
      return;
    }
    const far = connect(targetPort, '127.0.0.1');
    keep(near);
    keep(far);
    near.pipe(far).pipe(near);
  });
  const port = await findFreePort();
  await listen(server, port);
  const breakAll = () => {
    for (const end of ends) end.destroy();
  };
  return {
    port,
    cut: () => {
      isCut = true;
      breakAll();
    },
    mend: () => {
      isCut = false;
    },
    close: async () => {
      breakAll();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

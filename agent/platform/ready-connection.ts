/**
 * A connection that stands before it is needed. Node's agents connect only for a request, and a request costs
 * the platform money: here the handshakes are made ahead, and the next request that would open a connection
 * to the same place takes this one. One at a time; it hangs up by itself when nobody takes it.
 */
import type { Agent, ClientRequestArgs } from 'node:http';
import type { Socket } from 'node:net';

export interface ReadyConnection {
  /** Opens one unless the agent keeps an idle one, or one is ready or on its way. Never throws. */
  open(url: URL): void;
}

const placeOf = ({ host, port }: ClientRequestArgs): string => `${host}:${port}`;

/** Gives the agent what it lacks. A connection that nobody takes hangs up after `idleMs`. */
export const createReadyConnection = (agent: Agent, idleMs: number): ReadyConnection => {
  const connect = agent.createConnection.bind(agent);
  let ready: { readonly place: string; readonly socket: Socket } | undefined;

  const hangUp = function (this: Socket): void {
    this.destroy();
  };
  const forget = function (this: Socket): void {
    if (ready?.socket === this) ready = undefined;
  };

  agent.createConnection = (options, callback) => {
    if (ready?.place !== placeOf(options)) return connect(options, callback);
    const { socket } = ready;
    ready = undefined;
    socket.off('timeout', hangUp);
    return socket.ref();
  };

  return {
    open: (url) => {
      const isSecure = url.protocol === 'https:';
      const host = url.hostname;
      const port = Number(url.port) || (isSecure ? 443 : 80);
      const place = placeOf({ host, port });
      const isKept = Object.entries(agent.freeSockets).some(
        ([name, kept]) => name.startsWith(`${place}:`) && kept !== undefined && kept.length > 0,
      );
      if (isKept || ready?.place === place) return;
      const secured = isSecure ? { servername: host, ALPNProtocols: ['http/1.1'] } : {};
      const socket = connect({ ...secured, host, port, timeout: idleMs }) as Socket;
      // A failure shows when the request connects for itself.
      socket.on('error', forget).on('close', forget).on('timeout', hangUp).unref();
      ready = { place, socket };
    },
  };
};

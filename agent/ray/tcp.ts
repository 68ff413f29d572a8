/** Plain TCP: whether somebody listens, and what they say first. */
import { connect } from 'node:net';

/** The first line that the other side sends, at most `charactersMax`; undefined without an answer. */
export const readGreeting = (
  host: string,
  port: number,
  limits: { readonly timeoutMs: number; readonly charactersMax: number },
): Promise<string | undefined> =>
  new Promise((resolve) => {
    let text = '';
    const socket = connect({ host, port });
    const finish = (value: string | undefined) => {
      socket.destroy();
      resolve(value);
    };
    socket.setEncoding('utf8');
    socket.setTimeout(limits.timeoutMs, () => finish(undefined));
    socket.on('data', (part: string) => {
      text += part;
      if (text.length > limits.charactersMax) finish(undefined);
    });
    socket.once('error', () => finish(undefined));
    socket.once('end', () => finish(text.trim()));
  });

/** Whether a connection opens within two seconds. */
export const canConnect = (host: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host, port });
    const finish = (open: boolean) => {
      socket.destroy();
      resolve(open);
    };
    socket.setTimeout(2_000, () => finish(false));
    socket.once('error', () => finish(false));
    socket.once('connect', () => finish(true));
  });

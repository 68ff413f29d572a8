/**
 * Reads Ray's HTTP services. `node:http`, because Ray refuses what `fetch` sends with a POST; one
 * client for all. No answer, a wrong status and an unreadable body are all "unknown": undefined.
 */
import { get } from 'node:http';

const bytesMax = 4 * 1024 * 1024;

/** The body of a 200 answer within `timeoutMs`, otherwise undefined. */
export const getText = (
  url: string,
  options: { readonly token?: string; readonly timeoutMs: number },
): Promise<string | undefined> =>
  new Promise((resolve) => {
    const headers = options.token ? { authorization: `Bearer ${options.token}` } : {};
    const request = get(url, { headers, signal: AbortSignal.timeout(options.timeoutMs) });
    request.once('error', () => resolve(undefined));
    request.once('response', (response) => {
      const parts: Buffer[] = [];
      let size = 0;
      response.on('data', (part: Buffer) => {
        size += part.length;
        parts.push(part);
        if (size > bytesMax) request.destroy();
      });
      response.once('error', () => resolve(undefined));
      response.once('close', () => resolve(undefined));
      response.once('end', () =>
        resolve(response.statusCode === 200 ? Buffer.concat(parts).toString('utf8') : undefined),
      );
    });
  });

/** Plays the device's part of a speed test, from the command and from what it is answered alone. */
import type { TestSpeedCommand } from '../../shared/clusters/agent-protocol.ts';
import { present } from '../../shared/core/assert.ts';
import { sha256Hex } from '../../shared/core/hash.ts';
import { keystream } from '../../shared/core/keystream.ts';
import type { TestAnswer } from './http.ts';

export interface SpeedRequest {
  readonly method: 'POST' | 'PUT';
  readonly path: string;
  readonly rawBody: string | Uint8Array;
}

/** Makes the exchanges up to and with `until`; answers the last answer. */
export const playSpeedTest = async (
  command: Pick<TestSpeedCommand, 'test_id' | 'exchanges' | 'up_bytes'>,
  send: (request: SpeedRequest, number: number) => Promise<TestAnswer>,
  until = command.exchanges.length - 1,
): Promise<TestAnswer> => {
  const base = `/v1/agent/speed-tests/${command.test_id}`;
  let answer: TestAnswer | undefined;
  for (const [number, kind] of command.exchanges.slice(0, until + 1).entries()) {
    const received = answer?.body instanceof Uint8Array ? sha256Hex(answer.body) : null;
    const request: SpeedRequest =
      kind === 'up'
        ? {
            method: 'PUT',
            path: `${base}/up/${number}`,
            rawBody: keystream(Buffer.from(answer?.body.seed, 'hex'), command.up_bytes),
          }
        : {
            method: 'POST',
            path: `${base}/${kind}`,
            rawBody: JSON.stringify({ number, received_sha256: received }),
          };
    answer = await send(request, number);
  }
  return present(answer, 'a speed test without exchanges');
};

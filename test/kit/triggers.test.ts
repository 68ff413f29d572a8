/** The pipelines of schedules, workflow steps, streams and sockets: what each lets out, and what not. */
import type { APIGatewayProxyWebsocketEventV2, DynamoDBStreamEvent } from 'aws-lambda';
import { forEachDue, scheduleFunction } from '../../functions/kit/schedule.ts';
import { type SocketMessage, socketFunction } from '../../functions/kit/socket.ts';
import { stepFunction } from '../../functions/kit/step.ts';
import { type Change, streamFunction } from '../../functions/kit/stream.ts';
import { infrastructureFaults } from '../../infra/constructs/workflow-states.ts';
import { contention } from '../../shared/core/database.ts';
import { AppError } from '../../shared/core/errors.ts';
import { startMs, testRuntime } from '../support/runtime.ts';

describe('a schedule', () => {
  it('runs the task that the event names, and says how much was done', async () => {
    const runtime = testRuntime();
    const run = scheduleFunction(runtime, { sweep: async () => ({ done: 2, failed: 0 }) });
    expect(await run({ task: 'sweep' })).toEqual({ done: 2, failed: 0 });
    expect(runtime.lines).toEqual([
      { level: 'info', event: 'task.finished', task: 'sweep', done: 2, failed: 0 },
    ]);
  });

  it('is a bug with a task that nobody knows', async () => {
    await expect(scheduleFunction(testRuntime(), {})({ task: 'sweep' })).rejects.toThrow('sweep');
  });

  it('reports failures as errors, for an alarm watches them', async () => {
    const runtime = testRuntime();
    await scheduleFunction(runtime, { sweep: async () => ({ done: 0, failed: 1 }) })({
      task: 'sweep',
    });
    expect(runtime.lines.at(-1)?.['level']).toBe('error');
  });

  it('works off what is due though one item fails', async () => {
    const runtime = testRuntime();
    const done: number[] = [];
    const outcome = await forEachDue(runtime, [1, 2, 3], async (item) => {
      if (item === 2) throw new Error('two is bad');
      done.push(item);
    });
    expect(outcome).toEqual({ done: 2, failed: 1 });
    expect(done).toEqual([1, 3]);
    expect(runtime.lines).toMatchObject([{ event: 'task.item_failed', item: 2 }]);
  });
});

describe('a step', () => {
  const input = { step: 'dispatch', cluster_id: 'clu_1', task_token: 'very-secret' };

  it('answers its outcome as data, and keeps the task token out of the log', async () => {
    const runtime = testRuntime();
    const run = stepFunction(runtime, { dispatch: async () => ({ outcome: 'no_capacity' }) });
    expect(await run(input)).toEqual({ outcome: 'no_capacity' });
    expect(JSON.stringify(runtime.lines)).not.toContain('very-secret');
  });

  it('throws what is broken, so that the machine retries or fails', async () => {
    const run = stepFunction(testRuntime(), {
      dispatch: async () => {
        throw new TypeError('broken');
      },
    });
    await expect(run(input)).rejects.toThrow('broken');
    await expect(run({ ...input, step: 'unknown' })).rejects.toThrow('no step is named unknown');
  });

  it('says by its name that something is unavailable, so that the machine calls it again', async () => {
    const run = stepFunction(testRuntime(), {
      dispatch: async () => {
        throw contention(new Error('others kept writing'));
      },
    });
    const error: unknown = await run(input).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Error);
    expect(infrastructureFaults).toContain((error as Error).name);
  });

  it('leaves every other refusal a bug of the step, which is not called again', async () => {
    const run = stepFunction(testRuntime(), {
      dispatch: async () => {
        throw new AppError('cluster.not_found');
      },
    });
    const error: unknown = await run(input).catch((thrown: unknown) => thrown);
    expect(infrastructureFaults).not.toContain((error as Error).name);
  });
});

describe('a stream', () => {
  const record = (eventName: string, pk: string, after?: number) => ({
    eventName,
    dynamodb: {
      Keys: { pk: { S: pk } },
      ...(after === undefined ? {} : { NewImage: { pk: { S: pk }, n: { N: String(after) } } }),
    },
  });
  const events = (...records: unknown[]) => ({ Records: records }) as DynamoDBStreamEvent;
  const setup = () => {
    const poison: unknown[] = [];
    const send = async (message: unknown) => {
      poison.push(message);
    };
    return { runtime: { ...testRuntime(), poison: { send } }, poison };
  };

  it('hands over each change with numbers as bigint', async () => {
    const { runtime, poison } = setup();
    const seen: Change[] = [];
    await streamFunction(runtime, async (_, change) => {
      seen.push(change);
    })(events(record('MODIFY', 'a', 2), record('INSERT', 'b', 3), record('REMOVE', 'c')));
    expect(seen).toEqual([
      { kind: 'MODIFY', after: { pk: 'a', n: 2n } },
      { kind: 'INSERT', after: { pk: 'b', n: 3n } },
      { kind: 'REMOVE', after: undefined },
    ]);
    expect(poison).toEqual([]);
  });

  it('puts poison aside and goes on: a batch that throws would block its shard', async () => {
    const { runtime, poison } = setup();
    const seen: string[] = [];
    await streamFunction(runtime, async (_, { after }) => {
      if (after?.pk === 'bad') throw new Error('cannot be handled');
      seen.push(String(after?.pk));
    })(events(...['a', 'bad', 'c'].map((pk) => record('MODIFY', pk, 2))));
    expect(seen).toEqual(['a', 'c']);
    expect(poison).toEqual([{ change: { pk: { S: 'bad' } }, error: 'Error: cannot be handled' }]);
    expect(runtime.lines).toMatchObject([{ level: 'error', event: 'stream.poison' }]);
  });

  it('throws when the poison cannot be put aside either, so that nothing is lost', async () => {
    const { runtime } = setup();
    runtime.poison.send = async () => {
      throw new Error('the queue is gone');
    };
    const consume = streamFunction(runtime, async () => {
      throw new Error('cannot be handled');
    });
    await expect(consume(events(record('MODIFY', 'a', 2)))).rejects.toThrow('the queue is gone');
  });
});

describe('a socket', () => {
  const event = (routeKey: string, parts: object = {}) =>
    ({
      requestContext: { routeKey, connectionId: 'c-1' },
      ...parts,
    }) as APIGatewayProxyWebsocketEventV2;
  const setup = () => {
    const runtime = testRuntime();
    const messages: SocketMessage[] = [];
    const serve = socketFunction(runtime, {
      heartbeat: async (_, message) => {
        messages.push(message);
      },
      refuse: async () => {
        throw new AppError('device.signature_invalid');
      },
      break: async () => {
        throw new TypeError('broken');
      },
    });
    return { runtime, messages, serve };
  };

  it('takes a message without a log line', async () => {
    const { runtime, messages, serve } = setup();
    const answer = await serve(event('heartbeat', { body: '{"action":"heartbeat"}' }));
    expect(answer).toEqual({ statusCode: 200 });
    expect(messages).toEqual([
      { connectionId: 'c-1', headers: {}, body: { action: 'heartbeat' }, nowMs: startMs },
    ]);
    expect(runtime.lines).toEqual([]);
  });

  it('lowers the names of headers, and has no body where none came', async () => {
    const { messages, serve } = setup();
    await serve(event('heartbeat', { headers: { 'Signature-Input': 'x' }, body: null }));
    expect(messages).toMatchObject([{ headers: { 'signature-input': 'x' }, body: undefined }]);
  });

  it.each([
    ['refuse', '{}', 401, 'device.signature_invalid'],
    ['break', '{}', 500, 'platform.bug'],
    ['unknown', '{}', 404, 'request.unknown_route'],
    ['heartbeat', '{', 400, 'request.malformed'],
    ['heartbeat', `"${'x'.repeat(32 * 1024)}"`, 400, 'request.too_large'],
  ])('answers %s of %.10s with %s', async (routeKey, body, statusCode, code) => {
    const { runtime, serve, messages } = setup();
    expect(await serve(event(routeKey, { body }))).toEqual({ statusCode });
    expect(runtime.lines).toMatchObject([
      { event: 'socket.refused', code, level: code === 'platform.bug' ? 'error' : 'info' },
    ]);
    expect(messages).toEqual([]);
  });
});

/** A head reports what Ray lists: often while young, at once on change, never what it cannot read. */
import { reportRay } from '../../agent/daemon/ray-reports.ts';
import type { RayRow } from '../../agent/ray/ray-nodes.ts';
import { nodeRecord, ulid } from './support/nodes.ts';
import { testRuntime } from './support/runtime.ts';

const row = (alive: boolean): RayRow => ({
  node_id: `nod_${ulid}`,
  alive,
  state_message: null,
  cpus: 1,
  gpus: 0,
});

/** Reports for this many seconds of the test's own clock; answers the seconds at which it sent. */
const reportFor = async (
  seconds: number,
  read: (second: number) => readonly RayRow[] | undefined,
) => {
  const { runtime, time } = testRuntime();
  const bornMs = time.nowMs;
  const end = new AbortController();
  const sent: number[] = [];
  const second = () => (time.nowMs - bornMs) / 1_000;
  await reportRay(
    runtime,
    {
      record: nodeRecord({}),
      read: async () => {
        if (second() >= seconds) end.abort();
        return read(second());
      },
      send: async () => {
        sent.push(second());
        return undefined;
      },
      onStop: async () => undefined,
    },
    end.signal,
  );
  return sent;
};

it('reports every second of the first three minutes, then every fifteen', async () => {
  const sent = await reportFor(240, () => [row(true)]);
  expect(sent.filter((second) => second < 180)).toHaveLength(180);
  expect(sent.filter((second) => second > 180)).toEqual([195, 210, 225]);
});

it('reports a change of an old cluster within five seconds', async () => {
  const sent = await reportFor(240, (second) => [row(second < 200)]);
  expect(sent.some((second) => second >= 200 && second <= 205)).toBe(true);
});

it('reports nothing while Ray does not answer or lists none of our nodes', async () => {
  expect(await reportFor(20, () => undefined)).toEqual([]);
  expect(await reportFor(20, () => [])).toEqual([]);
});

it('ends a node that the platform no longer wants, and is silent for workers', async () => {
  const { runtime } = testRuntime();
  const end = new AbortController();
  const stopped: string[] = [];
  const options = {
    read: async () => [row(true)],
    send: async () => 'stop' as const,
    onStop: async () => {
      stopped.push('stopped');
      end.abort();
    },
  };
  await reportRay(runtime, { ...options, record: nodeRecord({ role: 'worker' }) }, end.signal);
  expect(stopped).toEqual([]);
  await reportRay(runtime, { ...options, record: nodeRecord({}) }, end.signal);
  expect(stopped).toEqual(['stopped']);
});

/** The command that downloads a statement from the platform's own endpoints, and believes nothing of it. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { httpFunction } from '../../../functions/kit/http.ts';
import { rewardRoutes } from '../../../functions/rewards/routes.ts';
import { hourMs } from '../../../shared/core/time.ts';
import { nominate } from '../../../shared/rewards/nomination.ts';
import {
  aDeviceHour,
  aStatement,
  epochId,
  hourStartMs,
  policy,
  publicId,
} from '../../rewards/builders.ts';
import { memoryObjects } from '../../rewards/memory-objects.ts';
import { beginEpoch, publishEpoch } from '../../rewards/published.ts';
import { callHttp, type TestAnswer } from '../../support/http.ts';
import { testRuntime } from '../../support/runtime.ts';

const program = join(import.meta.dirname, '../../../clients/cli/statement/main.ts');
const folder = mkdtempSync(join(tmpdir(), 'fetch-statement-'));
const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});
afterAll(() => rmSync(folder, { recursive: true }));

const statement = aStatement(
  [aDeviceHour(1), aDeviceHour(2, { tier: 4 })].flatMap((device) => nominate(device, policy)),
);

/** The platform an hour after the epoch, behind a port; `lie` changes what it answers. */
const platform = async (lie: (text: string, path: string) => string = (text) => text) => {
  const token = { mode: 'own' as const, genesisMs: hourStartMs };
  const runtime = { ...testRuntime(), token };
  runtime.clock.ms = hourStartMs + 2 * hourMs;
  const objects = memoryObjects();
  const serve = httpFunction({ ...runtime, statements: objects }, rewardRoutes, {
    keyMode: 'test',
  });
  await beginEpoch(runtime, statement);
  await publishEpoch(runtime, objects, statement);
  const textOf = ({ body }: TestAnswer) =>
    Buffer.isBuffer(body) ? body.toString() : JSON.stringify(body);
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://platform');
    const query = Object.fromEntries(searchParams);
    const answer = await callHttp(serve, { method: 'GET', path: pathname, query });
    response.writeHead(answer.status).end(lie(textOf(answer), pathname));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

let runs = 0;
const run = async (...args: readonly string[]) => {
  runs += 1;
  const out = join(folder, String(runs));
  const all = [program, 'fetch', ...args, '--out', out];
  const ended = await new Promise<{ code: number; out: string; err: string }>((resolve) => {
    execFile(process.execPath, all, { env: {} }, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), out: stdout, err: stderr }),
    );
  });
  return { ...ended, read: (name: string) => readFileSync(join(out, name), 'utf8') };
};

describe('fetch', () => {
  it('downloads and confirms a statement and a share, which can be checked again without it', async () => {
    const url = await platform();
    const got = await run('--url', `${url}/`, '--epoch', epochId, '--device', publicId(2));
    expect([got.code, got.err]).toEqual([0, '']);
    expect(got.out).toContain('A share of 2026-11-22T18');
    expect(got.out).not.toContain('FALSE');
    expect(got.read('statement.csv').split('\n')).toHaveLength(4);
    expect(JSON.parse(got.read('epoch.json')).status).toBe('completed');
    expect(JSON.parse(got.read('proof.json')).entries).toHaveLength(1);
  });

  it.each([
    [
      'an amount',
      '/statement',
      (text: string) => text.replace(/(\d)\n$/, (_, digit) => `${9 - Number(digit)}\n`),
    ],
    ['the head', `/${epochId}`, (text: string) => text.replace('"entries":"2"', '"entries":"3"')],
    ['the proof', '/proof', (text: string) => text.replace('"proved":"1"', '"proved":"0"')],
  ])('exits with 1 when %s was changed', async (_, end, change) => {
    const url = await platform((text, path) => (path.endsWith(end) ? change(text) : text));
    const { code, out } = await run('--url', url, '--epoch', epochId, '--device', publicId(1));
    expect([code, out]).toEqual([1, expect.stringContaining('FALSE')]);
  });

  it('does not take another hour’s statement', async () => {
    const url = await platform((text) =>
      text.replaceAll(`"epoch":"${epochId}"`, '"epoch":"2026-11-22T17"'),
    );
    const { code, err } = await run('--url', url, '--epoch', epochId);
    expect([code, err]).toEqual([2, expect.stringContaining('the statement of 2026-11-22T17')]);
  });

  it('says in the platform’s words why there is nothing', async () => {
    const url = await platform();
    const future = await run('--url', url, '--epoch', '2026-11-23T18');
    expect([future.code, future.err]).toEqual([2, expect.stringContaining('has not begun')]);
    const open = await run('--url', url, '--epoch', '2026-11-22T20');
    expect([open.code, open.err]).toEqual([2, expect.stringContaining('is in_progress')]);
    const stranger = await run('--url', url, '--epoch', epochId, '--device', publicId(7));
    expect([stranger.code, stranger.err]).toEqual([2, expect.stringContaining('has no row')]);
  });

  it.each([
    ['no address', ['--epoch', epochId], 'needs --url'],
    ['no epoch', ['--url', 'http://127.0.0.1:1'], 'fetch needs --epoch'],
    ['an address that is none', ['--url', 'ftp://x', '--epoch', epochId], 'is no address'],
    ['nobody there', ['--url', 'http://127.0.0.1:1', '--epoch', epochId], 'was not reached'],
  ])('with %s exits with 2 and says why', async (_, args, why) => {
    const { code, err } = await run(...args);
    expect([code, err]).toEqual([2, expect.stringContaining(why)]);
  });
});

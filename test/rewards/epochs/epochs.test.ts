/** The public endpoints of epochs, through the whole pipeline: what anybody can read and check of an hour. */
import { httpFunction } from '../../../functions/kit/http.ts';
import { rewardRoutes } from '../../../functions/rewards/routes.ts';
import { hourMs, isoOf, minuteMs } from '../../../shared/core/time.ts';
import { publishedStatementSchema, rewardProofSchema } from '../../../shared/rewards/schemas.ts';
import type { Statement } from '../../../shared/rewards/statement.ts';
import { checkRewardProof, checkStatement } from '../../../shared/rewards/statement-check.ts';
import { parseStatementCsv } from '../../../shared/rewards/statement-csv.ts';
import { rewardProofOf } from '../../../shared/rewards/statement-proof.ts';
import type { TokenSettings } from '../../../shared/token/token-mode.ts';
import { callHttp } from '../../support/http.ts';
import { testRuntime } from '../../support/runtime.ts';
import {
  anEntry,
  aStatement,
  epochId,
  firstHourUnits,
  hourStartMs,
  publicId,
} from '../builders.ts';
import { memoryObjects } from '../memory-objects.ts';
import { beginEpoch, publishEpoch } from '../published.ts';

const own: TokenSettings = { mode: 'own', genesisMs: hourStartMs };

/** The platform a minute into hour `hour` of the schedule. */
const setup = ({ hour = 0, token = own as TokenSettings | null } = {}) => {
  const runtime = { ...testRuntime(), token: token ?? undefined };
  runtime.clock.ms = hourStartMs + hour * hourMs + minuteMs;
  const objects = memoryObjects();
  const serve = httpFunction({ ...runtime, statements: objects }, rewardRoutes, {
    keyMode: 'test',
  });
  const get = (path: string, query: Readonly<Record<string, string>> = {}) =>
    callHttp(serve, { method: 'GET', path, query });
  const publish = async (statement: Statement) => {
    await beginEpoch(runtime, statement);
    await publishEpoch(runtime, objects, statement);
  };
  return { runtime, objects, get, publish };
};

const entries = (count: number) => Array.from({ length: count }, (_, index) => anEntry(index));
const io = (units: bigint) => ({ amount: units.toString(), currency: 'io' });
const path = `/v1/epochs/${epochId}`;
const allPassed = (checks: readonly { readonly passed: boolean }[]) =>
  checks.length > 0 && checks.every(({ passed }) => passed);

describe('GET /v1/epochs', () => {
  it('200: lists all hours since genesis, the one that runs first', async () => {
    const { get, publish } = setup({ hour: 2 });
    await publish(aStatement(entries(2)));
    const { status, body } = await get('/v1/epochs');
    expect(status).toBe(200);
    expect(body).toMatchObject({ has_more: false, next_cursor: null });
    const told = body.data.map((each: Record<string, unknown>) => [
      each['id'],
      each['hour'],
      each['status'],
    ]);
    expect(told).toEqual([
      ['2026-11-22T20', 2, 'in_progress'],
      // It is over, and nobody has begun to close it.
      ['2026-11-22T19', 1, 'processing'],
      [epochId, 0, 'completed'],
    ]);
  });

  it('200: in pages, each hour once', async () => {
    const { get } = setup({ hour: 6 });
    const hours: number[] = [];
    let query: Record<string, string> = { limit: '3' };
    for (let page = 0; page < 3; page += 1) {
      const { body } = await get('/v1/epochs', query);
      hours.push(...body.data.map(({ hour }: { hour: number }) => hour));
      expect(body.has_more).toBe(page < 2);
      query = { limit: '3', cursor: body.next_cursor };
    }
    expect(hours).toEqual([6, 5, 4, 3, 2, 1, 0]);
  });

  it('200: ends with the last hour of the emission', async () => {
    const { body } = await setup({ hour: 175_325 }).get('/v1/epochs', { limit: '2' });
    const hours = body.data.map(({ hour }: { hour: number }) => hour);
    expect(hours).toEqual([175_319, 175_318]);
  });

  it('200: is empty before genesis', async () => {
    const { get } = setup({ hour: -1 });
    expect((await get('/v1/epochs')).body).toMatchObject({ data: [], has_more: false });
  });

  it('400: refuses a cursor that is none', async () => {
    const cursor = Buffer.from('{"before":"x"}').toString('base64url');
    const { status, body } = await setup().get('/v1/epochs', { cursor });
    expect([status, body.code]).toEqual([400, 'request.malformed']);
  });

  it('422: where the installation has no token', async () => {
    const { get } = setup({ token: null });
    for (const each of ['/v1/epochs', path, `${path}/statement`]) {
      const { status, body } = await get(each);
      expect([status, body.code]).toEqual([422, 'token.none']);
    }
  });
});

describe('GET /v1/epochs/{epoch_id}', () => {
  it('200: shows the hour that runs, and when it is closed', async () => {
    const { status, body, headers } = await setup().get(path);
    expect(status).toBe(200);
    expect(body).toEqual({
      object: 'epoch',
      id: epochId,
      hour: 0,
      status: 'in_progress',
      starts_at: isoOf(hourStartMs),
      ends_at: isoOf(hourStartMs + hourMs),
      closes_at: isoOf(hourStartMs + hourMs + 11 * minuteMs),
      scheduled: io(firstHourUnits),
      statement: null,
      parts: null,
      input_sha256: null,
      output_sha256: null,
      committed_at: null,
      completed_at: null,
    });
    expect(headers['cache-control']).toBe('public, max-age=60');
  });

  it('200: shows head and root of one that is completed, for ever', async () => {
    const { get, publish } = setup({ hour: 1 });
    const statement = aStatement(entries(3));
    await publish(statement);
    const { body, headers } = await get(path);
    expect(body).toMatchObject({ status: 'completed', parts: 1, hour: 0 });
    expect(body.statement.head).toEqual(statement.head);
    expect(headers['cache-control']).toContain('immutable');
  });

  it.each([
    ['in the future', '2026-11-22T19', 'it is closed from 2026-11-22T20:11:00.000Z on'],
    ['before genesis', '2026-11-22T17', `the first one is ${epochId}`],
    ['of no hour', '2026-11-22T24', 'There is no such epoch'],
    ['of another spelling', '2026-11-22T18:00', 'There is no such epoch'],
  ])('404: refuses one %s, and says why', async (_, id, words) => {
    const { get } = setup();
    for (const below of ['', '/statement', '/proof']) {
      const query: Record<string, string> = below === '/proof' ? { device: 'abc' } : {};
      const { status, body } = await get(`/v1/epochs/${id}${below}`, query);
      expect([status, body.code]).toEqual([404, 'epoch.not_found']);
      expect(body.detail).toContain(words);
    }
  });

  it('404: refuses the hour after the last one for good, and shows the last', async () => {
    const { get } = setup({ hour: 175_325 });
    const idOf = (hour: number) => isoOf(hourStartMs + hour * hourMs).slice(0, 13);
    expect((await get(`/v1/epochs/${idOf(175_319)}`)).status).toBe(200);
    for (const below of ['', '/statement']) {
      const { status, body, headers } = await get(`/v1/epochs/${idOf(175_320)}${below}`);
      expect([status, body.code]).toEqual([404, 'epoch.not_found']);
      expect(body.detail).toContain(`the last one, ${idOf(175_319)}`);
      expect(headers['retry-after']).toBeUndefined();
    }
  });
});

describe('GET /v1/epochs/{epoch_id}/statement', () => {
  it('200: the parts behind one another are the CSV that the root fixes', async () => {
    const { get, publish } = setup({ hour: 1 });
    await publish(aStatement(entries(8_500)));
    const { body: epoch } = await get(path);
    expect(epoch.parts).toBe(2);
    const parts = [];
    for (let part = 0; part < epoch.parts; part += 1) {
      const answer = await get(`${path}/statement`, { part: String(part) });
      expect([answer.status, answer.headers['content-type']]).toEqual([
        200,
        'text/csv; charset=utf-8',
      ]);
      expect(answer.headers['cache-control']).toContain('immutable');
      parts.push(answer.body.toString());
    }
    const rows = parseStatementCsv(parts.join(''));
    if ('fault' in rows) throw new Error(rows.fault);
    const published = publishedStatementSchema.parse(epoch.statement);
    expect(allPassed(checkStatement(published, rows))).toBe(true);
    const changed = parseStatementCsv(parts.join('').replace('265000', '265001'));
    if ('fault' in changed) throw new Error(changed.fault);
    expect(allPassed(checkStatement(published, changed))).toBe(false);
  });

  it('200: of an hour without a device is the title alone', async () => {
    const { get, publish } = setup({ hour: 1 });
    await publish(aStatement([]));
    const { body } = await get(`${path}/statement`);
    expect(parseStatementCsv(body.toString())).toEqual([]);
  });

  it('404: a part that is not there', async () => {
    const { get, publish } = setup({ hour: 1 });
    await publish(aStatement(entries(1)));
    const { status, body } = await get(`${path}/statement`, { part: '1' });
    expect([status, body.code]).toEqual([404, 'epoch.unknown_part']);
    expect(body.detail).toContain('has 1 parts');
  });

  it('400: a part that is no number', async () => {
    const { status } = await setup().get(`${path}/statement`, { part: '-1' });
    expect(status).toBe(400);
  });

  it('425: while nothing is published, and says when to ask again', async () => {
    const { get, runtime } = setup();
    const early = await get(`${path}/statement`);
    expect([early.status, early.body.code]).toEqual([425, 'epoch.not_closed']);
    expect(early.headers['retry-after']).toBe(String(70 * 60));
    await beginEpoch(runtime, aStatement([]));
    runtime.clock.ms = hourStartMs + 2 * hourMs;
    const late = await get(`${path}/proof`, { device: publicId(1) });
    expect([late.status, late.headers['retry-after']]).toEqual([425, '60']);
  });

  it('500: never what was changed in its bucket', async () => {
    const { get, publish, objects } = setup({ hour: 1 });
    const statement = aStatement(entries(2));
    await publish(statement);
    const other = setup({ hour: 1 });
    await other.publish(aStatement(entries(3)));
    const [name = ''] = objects.kept.keys();
    const [, bytes = new Uint8Array()] = [...other.objects.kept][0] ?? [];
    objects.kept.set(name, bytes);
    expect((await get(`${path}/statement`)).status).toBe(500);
    expect((await get(`${path}/proof`, { device: publicId(1) })).status).toBe(500);
  });
});

describe('GET /v1/epochs/{epoch_id}/proof', () => {
  it('200: proves the rows of any device, of both pools too, and is what the whole tells', async () => {
    const { get, publish } = setup({ hour: 1 });
    const both = [anEntry(1), anEntry(1, { pool: 'community', score: 7n })];
    const statement = aStatement([...entries(1), ...both, anEntry(2, { score: 0n })]);
    await publish(statement);
    for (const number of [0, 1, 2]) {
      const device = publicId(number);
      const { status, body, headers } = await get(`${path}/proof`, { device });
      expect(status).toBe(200);
      expect(headers['cache-control']).toContain('immutable');
      expect(body).toEqual(rewardProofOf(statement, device));
      expect(allPassed(checkRewardProof(rewardProofSchema.parse(body)))).toBe(true);
    }
  });

  it('404: a device that has no row', async () => {
    const { get, publish } = setup({ hour: 1 });
    await publish(aStatement(entries(2)));
    const { status, body } = await get(`${path}/proof`, { device: publicId(9) });
    expect([status, body.code]).toEqual([404, 'epoch.no_entry']);
  });

  it.each([{}, { device: 'dev_01J' }, { device: 'a,b' }])('400: refuses %j', async (query) => {
    const { status, body } = await setup().get(`${path}/proof`, query as Record<string, string>);
    expect([status, body.code]).toEqual([400, 'request.malformed']);
  });
});

/** GET /v1/ledger/balances, /transfers and /statement. */
import { commit } from '../../functions/kit/transaction.ts';
import { matureEarnings } from '../../functions/ledger/mature-earnings.schedule.ts';
import { settleCluster } from '../../functions/ledger/settle-cluster.ts';
import { writeStatement } from '../../functions/ledger/write-statement.stream.ts';
import type { Put } from '../../shared/core/database.ts';
import { dayMs, hourMs } from '../../shared/core/time.ts';
import { holdIdOf, planTakeHold } from '../../shared/ledger/hold.ts';
import { getCredit } from '../../shared/ledger/ledger-store.ts';
import { nextMonth, type StatementLine } from '../../shared/ledger/statement.ts';
import { putStatementLine } from '../../shared/ledger/statement-store.ts';
import { startMs } from '../support/runtime.ts';
import { ledgerService } from './service.ts';

const clusterId = 'clu_01KA0ZZ9ZZ8Y7X6W5V4T3S2R1Q';
const dollars = (amount: string) => ({ amount, currency: 'usd' });
const io = (amount: string) => ({ amount, currency: 'io' });

/** The tenant has 10 USD, rents for two hours at 1 USD from the other, and itself at 0.5 USD. */
const setup = async () => {
  const service = await ledgerService();
  const { runtime, organisationId, otherId } = service;
  await service.grant('10000000');
  const rates = [1_000_000n, 500_000n];
  const decision = planTakeHold({
    holdId: holdIdOf(clusterId),
    clusterId,
    organisation: organisationId,
    lines: rates.map((rateUnitsPerHour) => ({ rateUnitsPerHour })),
    orderedMs: 2 * hourMs,
    nowMs: startMs,
    ...(await getCredit(runtime.database, organisationId)),
  });
  if (decision.outcome !== 'held') throw new Error('no credit');
  await commit(runtime, decision.writes);
  const settle = (provenMs: number, final = false) =>
    settleCluster(
      runtime,
      {
        clusterId,
        loadCluster: async () => ({
          clusterId,
          organisation: organisationId,
          runningAtMs: startMs,
          stoppedAtMs: final ? runtime.clock.ms : undefined,
          paidUntilMs: startMs + 2 * hourMs,
          terminatedByCustomer: false,
        }),
        loadNodes: async () =>
          [otherId, organisationId].map((supplier, index) => ({
            nodeId: `nod_${index}`,
            lineId: `line_${index}`,
            supplier,
            rateUnitsPerHour: rates[index] ?? 0n,
            provenMs,
            provenMsInsidePaidUntil: provenMs,
            linked: false,
            lost: false,
          })),
      },
      final,
    );
  return { ...service, settle };
};

describe('getBalances', () => {
  it('200 shows credit, holds, debt and earnings by day', async () => {
    const { call, settle, other } = await setup();
    await settle(hourMs);
    const mine = await call('GET', '/v1/ledger/balances');
    expect([mine.status, mine.body]).toEqual([
      200,
      {
        object: 'balances',
        available: dollars('7000000'),
        held: dollars('1500000'),
        debt: dollars('0'),
        earning: [],
        in_review: dollars('500000'),
        matured: dollars('0'),
        paying_out: dollars('0'),
        rewards: { available: io('0'), held: io('0') },
        staked: io('0'),
      },
    ]);
    const theirs = await call('GET', '/v1/ledger/balances', { key: other });
    expect(theirs.body).toMatchObject({
      available: dollars('0'),
      earning: [{ matures_on: '2026-12-23', amount: dollars('1000000') }],
      in_review: dollars('0'),
    });
  });

  it('200 shows earnings as matured once their day has come', async () => {
    const { call, settle, other, runtime } = await setup();
    await settle(hourMs);
    runtime.clock.ms = Date.parse('2026-12-23T00:00:00Z');
    expect(await matureEarnings(runtime)).toEqual({ done: 1, failed: 0 });
    const theirs = await call('GET', '/v1/ledger/balances', { key: other });
    expect(theirs.body).toMatchObject({ earning: [], matured: dollars('1000000') });
  });

  it('200 shows nothing to whom nothing ever happened', async () => {
    const { call } = await ledgerService();
    const { body } = await call('GET', '/v1/ledger/balances');
    expect(body).toMatchObject({ available: dollars('0'), held: dollars('0'), earning: [] });
  });
});

describe('listTransfers', () => {
  it("200 lists one's own legs, newest first, and nothing of the other side", async () => {
    const { call, settle, deliver, runtime, other, organisationId } = await setup();
    runtime.clock.ms += hourMs;
    await settle(hourMs);
    await deliver();
    const mine = await call('GET', '/v1/ledger/transfers');
    expect(mine.status).toBe(200);
    expect(
      mine.body.data.map(({ code, legs }: { code: string; legs: unknown }) => [code, legs]),
    ).toEqual([
      [
        'settlement',
        [
          { account: 'credit', matures_on: null, amount: dollars('-1500000') },
          { account: 'earning', matures_on: null, amount: dollars('500000') },
        ],
      ],
      ['grant', [{ account: 'credit', matures_on: null, amount: dollars('10000000') }]],
    ]);
    expect(mine.body.data[0].cluster_id).toBe(clusterId);
    const theirs = await call('GET', '/v1/ledger/transfers', { key: other });
    expect(theirs.body.data).toHaveLength(1);
    expect(JSON.stringify(theirs.body)).not.toContain(organisationId);
  });

  it('200 pages with the cursor', async () => {
    const { call, grant, deliver, runtime } = await ledgerService();
    for (let each = 0; each < 3; each += 1) {
      runtime.clock.ms += 1;
      await grant('1');
    }
    await deliver();
    const first = await call('GET', '/v1/ledger/transfers', { query: { limit: '2' } });
    expect([first.body.data.length, first.body.has_more]).toEqual([2, true]);
    const query = { limit: '2', cursor: first.body.next_cursor };
    const second = await call('GET', '/v1/ledger/transfers', { query });
    expect([second.body.data.length, second.body.has_more]).toEqual([1, false]);
  });
});

describe('getStatement', () => {
  const november = { query: { month: '2026-11' } };
  const december = { query: { month: '2026-12' } };

  it('200 goes from its opening to its closing, which opens the next month', async () => {
    const { call, settle, deliver, runtime } = await setup();
    runtime.clock.ms = Date.parse('2026-12-01T00:00:00Z');
    await settle(2 * hourMs, true);
    await deliver();
    const first = await call('GET', '/v1/ledger/statement', november);
    expect(first.status).toBe(200);
    expect(first.body).toMatchObject({
      object: 'statement',
      month: '2026-11',
      opening: { credit: dollars('0') },
      closing: { credit: dollars('10000000'), earning: dollars('0') },
    });
    const second = await call('GET', '/v1/ledger/statement', december);
    expect(second.body.opening).toEqual(first.body.closing);
    expect(second.body.closing).toEqual({
      credit: dollars('7000000'),
      debt: dollars('0'),
      earning: dollars('1000000'),
      matured: dollars('0'),
      rewarded: io('0'),
      staked: io('0'),
    });
    expect(second.body.lines.data.map(({ code }: { code: string }) => code)).toEqual([
      'settlement',
    ]);
  });

  it('200 keeps the sum of a month that is over, and adds up again when a line comes late', async () => {
    const { call, grant, deliver, runtime, organisationId } = await ledgerService();
    await grant('5');
    await deliver();
    runtime.clock.ms = startMs + 60 * dayMs;
    const later = { query: { month: '2027-01' } };
    expect((await call('GET', '/v1/ledger/statement', later)).body.opening.credit.amount).toBe('5');
    const sums = runtime.database.all('ledger').filter(({ sk }) => sk.startsWith('SUM#'));
    expect(sums.map(({ sk }) => sk).sort()).toEqual(['SUM#2026-11', 'SUM#2026-12']);

    const late = {
      pk: 'T#grant:late',
      sk: 'T',
      cause: 'late',
      asset: 'usd',
      code: 'grant',
      at_ms: BigInt(startMs),
      legs: [
        { account: 'exp:grant', units: -7n },
        { account: `cust:${organisationId}`, units: 7n },
      ],
    };
    await writeStatement(runtime, { kind: 'INSERT', after: late });
    const again = await call('GET', '/v1/ledger/statement', later);
    expect(again.body.opening.credit.amount).toBe('12');
  });

  it('200 is empty for a month that has not begun', async () => {
    const { call, grant, deliver } = await ledgerService();
    await grant('5');
    await deliver();
    const { body } = await call('GET', '/v1/ledger/statement', { query: { month: '2030-01' } });
    expect([body.opening.credit.amount, body.closing.credit.amount]).toEqual(['5', '5']);
    expect(body.lines.data).toEqual([]);
  });

  it.each(['2026-13', '2026', '2026-1', '1999-01', 'now'])(
    '400 refuses month %s',
    async (month) => {
      const { call } = await ledgerService();
      const refused = await call('GET', '/v1/ledger/statement', { query: { month } });
      expect([refused.status, refused.body.code]).toEqual([400, 'request.malformed']);
    },
  );
});

describe.each(['balances', 'transfers', 'statement'])('GET /v1/ledger/%s', (name) => {
  const path = `/v1/ledger/${name}`;
  const query = name === 'statement' ? { month: '2026-11' } : {};

  it('400 refuses an unknown parameter', async () => {
    const { call } = await ledgerService();
    const refused = await call('GET', path, { query: { ...query, everybody: 'yes' } });
    expect([refused.status, refused.body.code]).toEqual([400, 'request.malformed']);
  });

  it('401 without a key', async () => {
    const { call } = await ledgerService();
    const refused = await call('GET', path, { query, headers: { authorization: '' } });
    expect([refused.status, refused.body.code]).toEqual([401, 'identity.unauthenticated']);
  });

  it('403 without the scope', async () => {
    const { call, member } = await ledgerService();
    const refused = await call('GET', path, { query, key: member });
    expect([refused.status, refused.body.required_scope]).toEqual([403, 'ledger:read']);
  });
});

describe('months', () => {
  it('follow each other over the end of a year', () => {
    expect(nextMonth('2026-11')).toBe('2026-12');
    expect(nextMonth('2026-12')).toBe('2027-01');
    expect(() => nextMonth('2026-13')).toThrow('no month');
  });
});

describe('the stream of the table', () => {
  it('writes a line per transfer once, and nothing for other items or changes', async () => {
    const { runtime, grant, deliver } = await ledgerService();
    await grant('5');
    await deliver();
    const lines = () => runtime.database.all('ledger').filter(({ pk }) => pk.startsWith('E#'));
    const [line] = lines();
    expect(lines()).toHaveLength(1);
    await deliver();
    expect(lines()).toEqual([line]);
    const [transfer] = runtime.database.all('ledger').filter(({ pk }) => pk.startsWith('T#'));
    await writeStatement(runtime, { kind: 'MODIFY', after: transfer });
    await writeStatement(runtime, { kind: 'REMOVE', after: undefined });
    expect(lines()).toHaveLength(1);
  });
});

describe('getStatementCsv', () => {
  const path = '/v1/ledger/statement.csv';
  const rowsOf = (body: Uint8Array) => Buffer.from(body).toString().split('\r\n');

  it('200 shows the lines of the statement, a row for each leg, and sums to its closing', async () => {
    const { call, settle, deliver, runtime } = await setup();
    runtime.clock.ms = startMs + hourMs;
    await settle(hourMs);
    await deliver();
    const answer = await call('GET', path, { query: { month: '2026-11' } });
    expect([answer.status, answer.headers['content-type']]).toEqual([
      200,
      'text/csv; charset=utf-8',
    ]);
    const [header, ...rows] = rowsOf(answer.body);
    expect(header).toBe(
      'created_at,transfer_id,code,cluster_id,account,matures_on,amount,currency',
    );
    expect(rows.pop()).toBe('');
    expect(rows).toContain(
      `2026-11-22T13:00:00.000Z,settle:${clusterId}:0,settlement,${clusterId},credit,,-1.500000,usd`,
    );
    const statement = await call('GET', '/v1/ledger/statement', { query: { month: '2026-11' } });
    for (const account of ['credit', 'debt', 'earning', 'matured']) {
      const units = rows
        .map((row) => row.split(','))
        .filter((fields) => fields[4] === account)
        .reduce((sum, fields) => sum + BigInt((fields[6] ?? '').replace('.', '')), 0n);
      expect(String(units)).toBe(statement.body.closing[account].amount);
    }
  });

  it('200 has its header alone in a month without transfers', async () => {
    const { call } = await setup();
    const answer = await call('GET', path, { query: { month: '2026-01' } });
    expect(rowsOf(answer.body)).toHaveLength(2);
  });

  it('400 refuses what is no month', async () => {
    const { call } = await setup();
    const answer = await call('GET', path, { query: { month: '2026-13' } });
    expect([answer.status, answer.body.code]).toEqual([400, 'request.malformed']);
  });

  it('422 refuses a month that is too long for one document', async () => {
    const { call, runtime } = await setup();
    const line = {
      organisation: 'org_1',
      code: 'grant' as const,
      atMs: startMs,
      legs: [{ group: 'credit' as const, units: 1n }],
    };
    const lines = Array.from({ length: 1000 }, (_, at) =>
      putLine({ ...line, transferId: `t:${at}` }),
    );
    const items = lines.map(({ key, attributes }) => ({
      ...key,
      ...attributes,
      at_ms: BigInt(startMs),
    }));
    runtime.database.query = async () => ({ items, next: 'more' });
    const answer = await call('GET', path, { query: { month: '2026-11' } });
    expect([answer.status, answer.body.code]).toEqual([422, 'ledger.statement_too_long']);
  });
});

const putLine = (line: StatementLine) => putStatementLine(line) as Put & { attributes: object };

/**
 * Many customers at once: the real handlers, in this process, against DynamoDB of the emulator. As many
 * clusters come about as there are devices, no device is reserved twice, and everybody else is refused
 * cleanly and keeps quote and credit.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { clusterRoutes } from '../../functions/clusters/routes.ts';
import { httpFunction } from '../../functions/kit/http.ts';
import { commit } from '../../functions/kit/transaction.ts';
import { ledgerRoutes } from '../../functions/ledger/routes.ts';
import { marketRoutes } from '../../functions/market/routes.ts';
import { stopAll } from '../../local/supervisor.ts';
import { listClustersByOrganisation } from '../../shared/clusters/cluster-store.ts';
import { type Database, WriteRefused } from '../../shared/core/database.ts';
import type { Id } from '../../shared/core/ids.ts';
import { getDevices, putNewDevice } from '../../shared/devices/device-store.ts';
import { checkInvariants } from '../../shared/ledger/invariants.ts';
import { scanLedger } from '../../shared/ledger/ledger-store.ts';
import { aDevice, testId } from '../devices/builders.ts';
import { startDatabase } from '../stores/emulator-tables.ts';
import { callHttp, type TestAnswer } from '../support/http.ts';
import { makeKey, makeOrganisation } from '../support/identity.ts';
import { testRuntime } from '../support/runtime.ts';

jest.setTimeout(180_000);
afterEach(stopAll);

/** Counts the transactions that others got in the way of: without any, nothing was raced. */
const counting = (database: Database) => {
  const races = { lost: 0 };
  const transact: Database['transact'] = async (writes, token) => {
    try {
      await database.transact(writes, token);
    } catch (error) {
      if (error instanceof WriteRefused) races.lost += 1;
      throw error;
    }
  };
  return { races, database: { ...database, transact } };
};

/** The platform's handlers with real tables, so many free devices and so many customers with credit. */
const setup = async (size: { readonly devices: number; readonly customers: number }) => {
  const { races, database } = counting((await startDatabase()).database);
  const runtime = {
    ...testRuntime(),
    stage: 'local',
    database,
    pause: async (milliseconds: number) => {
      await pause(milliseconds);
    },
    workflows: {
      wake: async () => {
        throw new Error('no workflow waits here');
      },
    },
  };
  const functions = {
    clusters: httpFunction(runtime, clusterRoutes, { keyMode: 'test' }),
    market: httpFunction(runtime, marketRoutes, { keyMode: 'test' }),
    ledger: httpFunction(runtime, ledgerRoutes, { keyMode: 'test' }),
  };
  const post = (
    name: keyof typeof functions,
    key: string,
    path: string,
    body: unknown,
    idempotencyKey: string,
  ) =>
    callHttp(functions[name], {
      method: 'POST',
      path,
      key,
      body,
      headers: { 'idempotency-key': idempotencyKey },
    });
  const deviceIds = Array.from({ length: size.devices }, (_, index) => testId('dev', index + 1));
  for (const [index] of deviceIds.entries()) {
    await commit(runtime, putNewDevice(aDevice(index + 1)));
  }
  const operator = await makeKey(runtime, await makeOrganisation(runtime, 'Operator'), 'operator');
  const customers: { readonly id: Id<'org'>; readonly key: string }[] = [];
  for (let number = 1; number <= size.customers; number += 1) {
    const id = await makeOrganisation(runtime, `Customer ${number}`);
    const grant = {
      organisation_id: id,
      amount: { amount: '100000000', currency: 'usd' },
      reason: 'a race',
    };
    const granted = await post(
      'ledger',
      operator,
      '/v1/ledger/grants',
      grant,
      `grant-number-${number}`,
    );
    expect(granted.status).toBe(201);
    customers.push({ id, key: await makeKey(runtime, id) });
  }
  const quote = async (key: string, name: string): Promise<string> => {
    const items = [{ model: 'x86-64 CPU', count: 1 }];
    const order = { items, head: 'shared', hours: 1 };
    const answer = await post('market', key, '/v1/quotes', order, `quote-of-${name}`);
    expect(answer.status).toBe(201);
    return answer.body.id;
  };
  const create = (key: string, quoteId: string, idempotencyKey: string) =>
    post('clusters', key, '/v1/clusters', { quote_id: quoteId }, idempotencyKey);
  return { runtime, database, races, deviceIds, customers, quote, create };
};

/** Sends the request as a client does: again, with the same key, while it is told to come back later. */
const untilDecided = async (send: () => Promise<TestAnswer>): Promise<TestAnswer> => {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await send();
    if (answer.status !== 503 || attempt === 20) return answer;
  }
};

const auditLedger = async (database: Database): Promise<void> =>
  expect(checkInvariants(await scanLedger(database))).toEqual([]);

it('makes ten clusters of fifty concurrent orders for ten devices, none of them twice', async () => {
  const { database, races, deviceIds, customers, quote, create } = await setup({
    devices: 10,
    customers: 5,
  });
  const orders = await Promise.all(
    Array.from({ length: 50 }, async (_, index) => {
      const customer = customers[index % customers.length];
      const key = customer?.key ?? '';
      return { key, name: `order-number-${index}`, quoteId: await quote(key, `${index}`) };
    }),
  );
  const answers = await Promise.all(
    orders.map(({ key, name, quoteId }) => untilDecided(() => create(key, quoteId, name))),
  );
  const made = answers.filter(({ status }) => status === 201);
  const refused = answers.filter(({ status }) => status !== 201);
  expect(made).toHaveLength(10);
  expect(refused.map(({ status, body }) => `${status} ${body.code}`)).toEqual(
    Array.from({ length: 40 }, () => '409 cluster.no_capacity'),
  );
  expect(races.lost).toBeGreaterThan(0);

  const pages = await Promise.all(
    customers.map(({ id }) => listClustersByOrganisation(database, id, { limit: 50 })),
  );
  const clusters = pages.flatMap((page) => page.clusters);
  expect(clusters.map(({ id }) => id).sort()).toEqual(made.map(({ body }) => body.id).sort());
  const serving = clusters.flatMap(({ assignments }) =>
    assignments.map(({ deviceId }) => deviceId),
  );
  expect([...serving].sort()).toEqual([...deviceIds].sort());
  for (const device of await getDevices(database, deviceIds)) {
    const hirer = clusters.find(({ id }) => id === device.hiredBy);
    expect(hirer?.assignments).toMatchObject([{ deviceId: device.id, nodeId: device.hiredNode }]);
  }
  const { holds } = await scanLedger(database);
  expect(holds.map(({ clusterId, state }) => `${state} ${clusterId}`).sort()).toEqual(
    clusters.map(({ id }) => `open ${id}`).sort(),
  );
  await auditLedger(database);
});

it('makes one cluster of one order that is sent ten times at once', async () => {
  const { database, deviceIds, customers, quote, create } = await setup({
    devices: 3,
    customers: 1,
  });
  const [customer = { id: testId('org', 1), key: '' }] = customers;
  const quoteId = await quote(customer.key, 'the-order');
  const send = () => create(customer.key, quoteId, 'the-same-key');
  const answers = await Promise.all(Array.from({ length: 10 }, send));
  const made = answers.filter(({ status }) => status === 201);
  expect(made.length).toBeGreaterThan(0);
  for (const { status, body } of answers.filter((answer) => answer.status !== 201)) {
    expect(`${status} ${body.code}`).toBe('409 request.in_progress');
  }
  const later = await send();
  expect(later.status).toBe(201);
  expect(new Set([...made, later].map(({ body }) => body.id)).size).toBe(1);
  const { clusters } = await listClustersByOrganisation(database, customer.id, { limit: 50 });
  expect(clusters).toHaveLength(1);
  const hired = (await getDevices(database, deviceIds)).filter(({ hiredBy }) => hiredBy !== null);
  expect(hired).toHaveLength(1);
  await auditLedger(database);
});

/** The endpoints of genesis and supply, and the task that starts mints. */

import { httpFunction } from '../../functions/kit/http.ts';
import { tokenRoutes } from '../../functions/token/routes.ts';
import { startMint } from '../../functions/token/start-mint.schedule.ts';
import { hourMs, minuteMs } from '../../shared/core/time.ts';
import { listAuditEvents } from '../../shared/identity/audit-store.ts';
import { sumAccount } from '../../shared/ledger/ledger-store.ts';
import { treasuryKey } from '../../shared/payments/keys.ts';
import { emissionOf } from '../../shared/token/emission.ts';
import {
  allocationNames,
  allocations,
  capUnits,
  genesisUnits,
} from '../../shared/token/issuance.ts';
import { getIssuanceState } from '../../shared/token/issuance-store.ts';
import { callHttp } from '../support/http.ts';
import { makeKey, makeOrganisation } from '../support/identity.ts';
import { type MintService, mintService } from './mint-service.ts';

const io = (units: bigint) => ({ amount: String(units), currency: 'io' });
const firstDay = emissionOf(23)?.cumulativeUnits ?? 0n;

describe('PUT /v1/token/genesis', () => {
  it('200: orders it, says to whom what goes, and audits it', async () => {
    const service = await mintService();
    const { status, body } = await service.order();
    expect(status).toBe(200);
    expect(body).toMatchObject({ object: 'genesis', status: 'ordered', mint: service.mint });
    expect(body.allocations).toEqual(
      allocationNames.map((name) => ({
        ...{ name, wallet: service.wallets[name], amount: io(allocations[name]) },
        token_account: expect.any(String),
      })),
    );
    const { events } = await listAuditEvents(service.runtime.database, service.operatorOf, {
      limit: 10,
    });
    expect(events).toMatchObject([{ action: 'token.genesis_ordered', target: service.mint }]);
  });

  it('200: asked again for the same wallets, also by two at once, says what stands there', async () => {
    const service = await mintService();
    const [one, other] = await Promise.all([service.order(), service.order()]);
    expect(one.body).toEqual(other.body);
    expect((await service.order()).body).toEqual(one.body);
    await service.execute();
    const done = (await service.order()).body;
    expect(done).toMatchObject({ status: 'done', transaction: expect.any(String) });
  });

  it('400: for what is no address, or an allocation left out', async () => {
    const service = await mintService();
    const { seed: _, ...rest } = service.wallets;
    expect((await service.order(rest)).status).toBe(400);
    expect((await service.order({ ...rest, seed: 'me' })).status).toBe(400);
    expect(await getIssuanceState(service.runtime.database)).toBeUndefined();
  });

  it('403: to whoever is not the operator', async () => {
    const { runtime, call, wallets } = await mintService();
    const key = await makeKey(runtime, await makeOrganisation(runtime, 'Acme'), 'owner');
    const answer = await call('PUT', '/v1/token/genesis', { key, body: { wallets } });
    expect(answer).toMatchObject({ status: 403, body: { code: 'identity.forbidden' } });
  });

  it('409: for other wallets, once it was ordered', async () => {
    const service = await mintService();
    await service.order();
    const refused = await service.order({ ...service.wallets, core: service.newWallet() });
    expect(refused).toMatchObject({
      status: 409,
      body: { code: 'token.genesis_ordered', mint: service.mint },
    });
  });

  it('422: for a wallet twice, for the treasury’s, and where there is no own token', async () => {
    const service = await mintService();
    const { wallets, treasury, needs, operator } = service;
    for (const seed of [wallets.core, treasury.address]) {
      expect(await service.order({ ...wallets, seed })).toMatchObject({
        ...{ status: 422, body: { code: 'token.genesis_wallets' } },
      });
    }
    const told = async (token: typeof needs.token) => {
      const serve = httpFunction({ ...service.runtime, token }, tokenRoutes, { keyMode: 'test' });
      const request = { method: 'PUT', path: '/v1/token/genesis', body: { wallets } };
      return (await callHttp(serve, { ...request, key: operator })).body.code;
    };
    expect(await told(undefined)).toBe('token.none');
    expect(await told({ mode: 'existing', genesisMs: 0 })).toBe('token.not_own');
  });

  it('503: before the treasury was looked at', async () => {
    const service = await mintService();
    const key = treasuryKey;
    await service.runtime.database.write({ kind: 'delete', table: 'payments', key, condition: {} });
    expect(await service.order()).toMatchObject({
      ...{ status: 503, body: { code: 'solana.not_configured' } },
    });
  });
});

describe('GET /v1/token/supply', () => {
  it('200: says what was minted, emitted and not minted yet, at every point of a day', async () => {
    const service = await mintService();
    expect(await service.supply()).toMatchObject({
      ...{ object: 'token_supply', mode: 'own', mint: service.mint, cap: io(capUnits) },
      minted: { genesis: io(0n), emission: io(0n), total: io(0n) },
      ...{ genesis: null, last_mint: null, emitted: io(0n), not_yet_minted: io(0n), chain: null },
    });
    await service.order();
    await service.execute();
    await service.closeHours(0, 24);
    const emitted = await service.supply();
    expect(emitted).toMatchObject({
      minted: { genesis: io(genesisUnits), emission: io(0n), total: io(genesisUnits) },
      genesis: { status: 'done' },
      ...{ emitted: io(firstDay), not_yet_minted: io(firstDay), unallocated: io(firstDay) },
      last_mint: null,
    });
    await service.execute();
    await service.checked({ ioSupplyUnits: genesisUnits + firstDay - 7n });
    expect(await service.supply()).toMatchObject({
      minted: { emission: io(firstDay), total: io(genesisUnits + firstDay) },
      ...{ emitted: io(firstDay), not_yet_minted: io(0n) },
      last_mint: { day: 0, amount: io(firstDay), memo: expect.stringMatching(/^raymesh mint:0 /) },
      chain: { supply: io(genesisUnits + firstDay - 7n), burned: io(7n) },
    });
    expect(await sumAccount(service.runtime.database, 'ext:issuance')).toBe(0n);
  });

  it('422: where there is no token', async () => {
    const { runtime } = await mintService();
    const none = { ...runtime, token: undefined };
    const serve = httpFunction(none, tokenRoutes, { keyMode: 'test' });
    expect(await callHttp(serve, { method: 'GET', path: '/v1/token/supply' })).toMatchObject({
      ...{ status: 422, body: { code: 'token.none' } },
    });
  });

  it('200: of a token that others mint, says what is left for rewards', async () => {
    const { runtime, checked } = await mintService();
    await checked({ ioSupplyUnits: 5n });
    const token = { mode: 'existing', genesisMs: 0 } as const;
    const serve = httpFunction({ ...runtime, token }, tokenRoutes, { keyMode: 'test' });
    const { body } = await callHttp(serve, { method: 'GET', path: '/v1/token/supply' });
    expect(body).toMatchObject({
      ...{ mode: 'existing', cap: null, minted: null, genesis: null, emitted: null },
      ...{ reward_fund: io(0n), chain: { supply: io(5n), burned: null } },
    });
  });
});

/** The task, with the executions that it starts. */
const starting = (service: MintService) => {
  const started: string[] = [];
  const start = async (_arn: string, name: string, input: object) => {
    expect(input).toEqual({ mint_id: service.mint });
    started.push(name);
  };
  const needs = { ...service.needs, workflows: { start }, mintStateMachineArn: 'arn:mint' };
  return { started, run: () => startMint(needs), needs };
};

describe('the task start-mint', () => {
  it('starts nothing while there is nothing to mint', async () => {
    const service = await mintService();
    const { started, run, needs } = starting(service);
    expect(await run()).toEqual({ done: 0, failed: 0 });
    await service.order();
    await service.execute();
    await service.closeHours(0, 23);
    expect(await run()).toEqual({ done: 0, failed: 0 });
    const token = { mode: 'existing', genesisMs: 0 } as const;
    await service.closeHours(23, 24);
    expect(await startMint({ ...needs, token })).toEqual({ done: 0, failed: 0 });
    expect(started).toEqual([]);
  });

  it('starts genesis, then each day, under a name that is used once in five minutes', async () => {
    const service = await mintService();
    const { started, run } = starting(service);
    await service.order();
    await run();
    await run();
    service.runtime.clock.ms += 5 * minuteMs;
    await run();
    expect(started.map((name) => name.split('-')[0])).toEqual(Array(3).fill('genesis'));
    expect(new Set(started).size).toBe(2);
    await service.execute();
    await service.closeHours(0, 24);
    await run();
    expect(started.at(-1)).toMatch(/^day-0-\d+$/);
  });

  it('rings when a day is not minted three hours after its last hour was closed', async () => {
    const service = await mintService();
    const { started, run } = starting(service);
    await service.order();
    await service.execute();
    await service.closeHours(0, 24);
    service.runtime.clock.ms += 3 * hourMs;
    expect(await run()).toEqual({ done: 1, failed: 0 });
    service.runtime.clock.ms += minuteMs;
    await expect(run()).rejects.toThrow('day 0 is not minted after 181 minutes');
    // It was started all the same.
    expect(started).toHaveLength(2);
  });

  it('rings when genesis is not done after an hour', async () => {
    const service = await mintService();
    const { run } = starting(service);
    await service.order();
    service.runtime.clock.ms += hourMs + minuteMs;
    await expect(run()).rejects.toThrow('genesis is not minted');
  });
});

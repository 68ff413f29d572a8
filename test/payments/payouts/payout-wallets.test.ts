/** Payout wallets: named by the owner, proved by the wallet, paid to only after the cool-down. */
import { walletRoutes } from '../../../functions/identity/wallet-routes.ts';
import { httpFunction } from '../../../functions/kit/http.ts';
import { payoutWalletRoutes } from '../../../functions/payments/payout-wallet-routes.ts';
import type { Token } from '../../../shared/core/chain.ts';
import { hourMs, minuteMs } from '../../../shared/core/time.ts';
import { listAuditEvents } from '../../../shared/identity/audit-store.ts';
import { getWalletOwner } from '../../../shared/identity/wallet-store.ts';
import { decidePayoutWallet } from '../../../shared/payments/payouts/payout-wallet.ts';
import { getPayoutWallet } from '../../../shared/payments/payouts/payout-wallet-store.ts';
import { callHttp, type TestRequest } from '../../support/http.ts';
import { makeKey, makeOrganisation } from '../../support/identity.ts';
import { testRuntime } from '../../support/runtime.ts';
import { type TestWallet, testSite, testWallet } from '../../support/wallet.ts';

const path = '/v1/payout-wallets';
const cooldownMs = 24 * hourMs;

/** The routes of wallets and payout wallets behind one function, over one database. */
const setup = async () => {
  const runtime = testRuntime('payout wallets');
  const needs = { ...runtime, site: testSite, payoutCooldownMs: cooldownMs };
  const routes = [...walletRoutes, ...payoutWalletRoutes];
  const serve = httpFunction(needs, routes, { keyMode: 'test' });
  const organisationId = await makeOrganisation(runtime);
  const owner = await makeKey(runtime, organisationId);
  const otherId = await makeOrganisation(runtime, 'Other');
  const stranger = await makeKey(runtime, otherId);
  const wallet = testWallet(runtime.randomness);
  const call = (method: string, place: string, request: Partial<TestRequest> = {}) =>
    callHttp(serve, { method, path: place, key: owner, ...request });
  const prove = async (asset: Token = 'usdc', by: TestWallet = wallet, key = owner) => {
    const body = { address: by.address, purpose: 'payout_wallet', asset };
    const { id, message } = (await call('POST', '/v1/wallet-messages', { key, body })).body;
    return { message_id: id as string, signature: by.sign(message), asset };
  };
  const name = async (asset: Token = 'usdc', by: TestWallet = wallet, key = owner) =>
    call('POST', path, { key, body: await prove(asset, by, key) });
  const decide = async (asset: Token = 'usdc') =>
    decidePayoutWallet(
      await getPayoutWallet(runtime.database, organisationId, asset),
      runtime.clock.ms,
    );
  const ownerOf = (by: TestWallet = wallet) => getWalletOwner(runtime.database, by.address);
  const actions = async () => {
    const page = await listAuditEvents(runtime.database, organisationId, { limit: 100 });
    return page.events.map(({ action, target }) => [action, target]);
  };
  return {
    ...{ runtime, call, prove, name, decide, ownerOf, actions },
    ...{ organisationId, otherId, owner, stranger, wallet },
  };
};

describe('createPayoutWallet', () => {
  describe('201', () => {
    it('names a wallet, which is a wallet of the organisation from then on', async () => {
      const { call, name, wallet, ownerOf, organisationId, actions } = await setup();
      const made = await name();
      expect(made.status).toBe(201);
      expect(made.body).toEqual({
        id: expect.stringMatching(/^pwl_/),
        object: 'payout_wallet',
        asset: 'usdc',
        address: wallet.address,
        wallet_id: expect.stringMatching(/^wal_/),
        status: 'cooling_down',
        payable_from: '2026-11-23T12:00:00.000Z',
        actor: expect.stringMatching(/^key_/),
        created_at: '2026-11-22T12:00:00.000Z',
        ended: null,
      });
      expect(await ownerOf()).toBe(organisationId);
      const registered = await call('GET', `/v1/wallets/${made.body.wallet_id}`);
      expect(registered.body).toMatchObject({ role: null, payout_assets: ['usdc'] });
      expect(await actions()).toEqual([['payout_wallet.named', made.body.id]]);
    });

    it('is paid to after the whole cool-down, not a millisecond before', async () => {
      const { call, runtime, name, decide, wallet } = await setup();
      expect(await decide()).toEqual({ outcome: 'missing' });
      const { id } = (await name()).body;
      runtime.clock.ms += cooldownMs - 1;
      expect(await decide()).toMatchObject({
        outcome: 'cooling_down',
        untilMs: runtime.clock.ms + 1,
      });
      runtime.clock.ms += 1;
      expect(await decide()).toMatchObject({
        outcome: 'ready',
        wallet: { address: wallet.address },
      });
      expect((await call('GET', `${path}/${id}`)).body.status).toBe('ready');
      // The other asset has none.
      expect(await decide('io')).toEqual({ outcome: 'missing' });
    });

    it('replaces the one of before, cools down anew, and forgets nothing', async () => {
      const { call, runtime, name, decide, wallet, actions } = await setup();
      const first = (await name()).body;
      runtime.clock.ms += cooldownMs;
      const next = testWallet(runtime.randomness);
      const second = (await name('usdc', next)).body;
      expect(await decide()).toMatchObject({
        outcome: 'cooling_down',
        wallet: { address: next.address },
      });
      const listed = await call('GET', path);
      expect(listed.body.data).toEqual([
        second,
        {
          ...first,
          status: 'ended',
          ended: {
            at: '2026-11-23T12:00:00.000Z',
            actor: second.actor,
            reason_code: 'replaced',
          },
        },
      ]);
      // The one of before may be taken away now, the one of now may not.
      const place = '/v1/wallets';
      expect((await call('DELETE', `${place}/${second.wallet_id}`)).body.code).toBe(
        'wallet.paid_to',
      );
      expect((await call('DELETE', `${place}/${first.wallet_id}`)).status).toBe(200);
      expect((await actions()).map(([action]) => action)).toContain('payout_wallet.named');
      expect(first.address).toBe(wallet.address);
    });

    it('goes back to an old wallet as to a new one', async () => {
      const { runtime, name, decide } = await setup();
      await name();
      runtime.clock.ms += cooldownMs;
      await name('usdc', testWallet(runtime.randomness));
      await name();
      expect(await decide()).toMatchObject({ outcome: 'cooling_down' });
    });

    it('changes nothing when the one of now is named again', async () => {
      const { runtime, name, decide, actions } = await setup();
      const first = (await name()).body;
      runtime.clock.ms += cooldownMs;
      const again = await name();
      expect(again.body).toEqual({ ...first, status: 'ready' });
      expect(await decide()).toMatchObject({ outcome: 'ready' });
      expect(await actions()).toHaveLength(1);
    });

    it('keeps a wallet per asset, also when they are one', async () => {
      const { call, runtime, name, decide } = await setup();
      const usdc = (await name('usdc')).body;
      const io = (await name('io')).body;
      expect(io.wallet_id).toBe(usdc.wallet_id);
      runtime.clock.ms += cooldownMs;
      await call('DELETE', `${path}/${usdc.id}`);
      expect(await decide('usdc')).toEqual({ outcome: 'missing' });
      expect(await decide('io')).toMatchObject({ outcome: 'ready' });
      const registered = await call('GET', `/v1/wallets/${io.wallet_id}`);
      expect(registered.body.payout_assets).toEqual(['io']);
    });

    it('leaves a role that the wallet has', async () => {
      const { call, wallet, name } = await setup();
      const role = { role: 'admin' };
      const body = { address: wallet.address, purpose: 'register_wallet', ...role };
      const { id, message } = (await call('POST', '/v1/wallet-messages', { body })).body;
      const proof = { message_id: id, signature: wallet.sign(message), ...role };
      const registered = await call('POST', '/v1/wallets', { body: proof });
      const named = await name();
      expect(named.body.wallet_id).toBe(registered.body.id);
      const shown = await call('GET', `/v1/wallets/${registered.body.id}`);
      expect(shown.body).toMatchObject({ role: 'admin', payout_assets: ['usdc'] });
    });

    it('is complete, once, wherever the process dies', async () => {
      for (const fault of ['lost_request', 'lost_answer'] as const) {
        for (let dies = 0, died = true; died; dies += 1) {
          const { call, runtime, name, prove, organisationId, ownerOf } = await setup();
          await name('usdc', testWallet(runtime.randomness));
          runtime.clock.ms += hourMs;
          const headers = { 'idempotency-key': 'name-once' };
          const body = await prove();
          let writes = -1;
          died = false;
          runtime.database.faultOf = () => {
            writes += 1;
            died ||= writes >= dies;
            return writes >= dies ? fault : 'none';
          };
          await call('POST', path, { body, headers });
          runtime.database.faultOf = () => 'none';
          runtime.clock.ms += minuteMs;
          const done = await call('POST', path, { body, headers });
          expect([dies, fault, done.status]).toEqual([dies, fault, 201]);
          expect(await ownerOf()).toBe(organisationId);
          const listed = await call('GET', path);
          expect(listed.body.data.map(({ status }: { status: string }) => status)).toEqual([
            'cooling_down',
            'ended',
          ]);
          expect(listed.body.data[0]).toEqual(done.body);
        }
      }
    });
  });

  it.each([
    [{ asset: 'usd' }, '/asset'],
    [{ asset: undefined }, '/asset'],
    [{ signature: 'x' }, '/signature'],
    [{ message_id: 'pwl_1' }, '/message_id'],
    [{ address: 'x' }, '/address'],
  ])('400 for %j', async (wrong, pointer) => {
    const { call, prove } = await setup();
    const answer = await call('POST', path, { body: { ...(await prove()), ...wrong } });
    expect([answer.status, answer.body.errors[0].pointer]).toEqual([400, pointer]);
  });

  it('401 without a key, and for a signature that is not the wallet’s', async () => {
    const { call, runtime, wallet, decide } = await setup();
    expect((await call('POST', path, { key: '' })).status).toBe(401);
    const asked = { address: wallet.address, purpose: 'payout_wallet', asset: 'usdc' };
    const { id, message } = (await call('POST', '/v1/wallet-messages', { body: asked })).body;
    const thief = testWallet(runtime.randomness);
    const body = { message_id: id, signature: thief.sign(message), asset: 'usdc' };
    const answer = await call('POST', path, { body });
    expect([answer.status, answer.body.code]).toEqual([401, 'wallet.signature_invalid']);
    expect(await decide()).toEqual({ outcome: 'missing' });
  });

  it.each(['admin', 'member', 'billing'] as const)('403 for the role %s', async (role) => {
    const { call, runtime, organisationId, prove } = await setup();
    const key = await makeKey(runtime, organisationId, role);
    const answer = await call('POST', path, { key, body: await prove() });
    expect([answer.status, answer.body.required_scope]).toEqual([403, 'payout_wallets:write']);
  });

  it('404 for a message of another asset, purpose or organisation', async () => {
    const { call, wallet, prove, stranger, decide } = await setup();
    const foreign = await prove('usdc', wallet, stranger);
    const ofIo = { ...(await prove('io')), asset: 'usdc' };
    const asked = { address: wallet.address, purpose: 'register_wallet' };
    const { id, message } = (await call('POST', '/v1/wallet-messages', { body: asked })).body;
    const plain = { message_id: id, signature: wallet.sign(message), asset: 'usdc' };
    for (const body of [foreign, ofIo, plain]) {
      const answer = await call('POST', path, { body });
      expect([answer.status, answer.body.code]).toEqual([404, 'wallet.message_not_found']);
    }
    expect(await decide()).toEqual({ outcome: 'missing' });
  });

  it('409 for a message that was used, and for another organisation’s wallet', async () => {
    const { call, name, prove, wallet, stranger, decide, ownerOf, otherId } = await setup();
    const spent = await prove('io', wallet, stranger);
    expect((await call('POST', path, { key: stranger, body: spent })).status).toBe(201);
    const again = await call('POST', path, { key: stranger, body: spent });
    expect([again.status, again.body.code]).toEqual([409, 'wallet.message_spent']);
    const taken = await name();
    expect([taken.status, taken.body.code]).toEqual([409, 'wallet.taken']);
    expect(JSON.stringify(taken.body)).not.toContain(otherId);
    expect(await decide()).toEqual({ outcome: 'missing' });
    expect(await ownerOf()).toBe(otherId);
  });

  it('201 for both of two changes at once: the later one stands, the history has both', async () => {
    const { call, runtime, name } = await setup();
    const other = testWallet(runtime.randomness);
    const statuses: number[] = [];
    runtime.database.beforeRead = async (_, key) => {
      if (key.sk !== 'WALLET') return;
      runtime.database.beforeRead = async () => {};
      statuses.push((await name('usdc', other)).status);
    };
    statuses.push((await name()).status);
    expect(statuses).toEqual([201, 201]);
    const listed = await call('GET', path);
    const ends = listed.body.data.map(({ ended }: { ended: unknown }) => ended === null);
    expect(ends.toSorted()).toEqual([false, true]);
  });

  it('422 for a message that has expired', async () => {
    const { call, runtime, prove } = await setup();
    const body = await prove();
    runtime.clock.ms += 10 * minuteMs;
    const answer = await call('POST', path, { body });
    expect([answer.status, answer.body.code]).toEqual([422, 'wallet.message_expired']);
  });
});

describe('listPayoutWallets, getPayoutWallet', () => {
  it('200 show the own ones alone, page by page', async () => {
    const { call, runtime, name, stranger } = await setup();
    await name('io', testWallet(runtime.randomness), stranger);
    for (let count = 0; count < 3; count += 1) {
      runtime.clock.ms += 1000;
      await name('usdc', testWallet(runtime.randomness));
    }
    const first = await call('GET', path, { query: { limit: '2' } });
    const query = { limit: '2', cursor: first.body.next_cursor };
    const second = await call('GET', path, { query });
    const all = [...first.body.data, ...second.body.data];
    expect(all.map(({ status }) => status)).toEqual(['cooling_down', 'ended', 'ended']);
    expect((await call('GET', `${path}/${all[1].id}`)).body).toEqual(all[1]);
  });

  it('400, 401, 403, 404', async () => {
    const { call, runtime, organisationId, name, stranger } = await setup();
    const place = `${path}/${(await name()).body.id}`;
    expect((await call('GET', path, { query: { limit: '0' } })).status).toBe(400);
    expect((await call('GET', `${path}/wal_1`)).status).toBe(400);
    const member = await makeKey(runtime, organisationId, 'member');
    for (const at of [path, place]) {
      expect((await call('GET', at, { key: '' })).status).toBe(401);
      expect((await call('GET', at, { key: member })).status).toBe(403);
    }
    const foreign = await call('GET', place, { key: stranger });
    expect([foreign.status, foreign.body.code]).toEqual([404, 'payout_wallet.not_found']);
  });
});

describe('deletePayoutWallet', () => {
  it('200 ends it, once, and leaves the wallet registered', async () => {
    const { call, runtime, name, decide, ownerOf, organisationId, actions } = await setup();
    const made = (await name()).body;
    runtime.clock.ms += hourMs;
    const ended = await call('DELETE', `${path}/${made.id}`);
    expect(ended.body).toEqual({
      ...made,
      status: 'ended',
      ended: { at: '2026-11-22T13:00:00.000Z', actor: made.actor, reason_code: 'removed' },
    });
    runtime.clock.ms += hourMs;
    expect((await call('DELETE', `${path}/${made.id}`)).body).toEqual(ended.body);
    expect(await decide()).toEqual({ outcome: 'missing' });
    expect(await ownerOf()).toBe(organisationId);
    expect(await actions()).toEqual([
      ['payout_wallet.removed', made.id],
      ['payout_wallet.named', made.id],
    ]);
    expect((await call('DELETE', `/v1/wallets/${made.wallet_id}`)).status).toBe(200);
  });

  it('400, 401, 403, 404', async () => {
    const { call, runtime, organisationId, name, stranger, decide } = await setup();
    const place = `${path}/${(await name()).body.id}`;
    const admin = await makeKey(runtime, organisationId, 'admin');
    expect((await call('DELETE', `${path}/pwl_1`)).status).toBe(400);
    expect((await call('DELETE', place, { key: '' })).status).toBe(401);
    expect((await call('DELETE', place, { key: admin })).status).toBe(403);
    expect((await call('DELETE', place, { key: stranger })).status).toBe(404);
    expect(await decide()).toMatchObject({ outcome: 'cooling_down' });
  });
});

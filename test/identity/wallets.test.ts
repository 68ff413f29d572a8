/** Wallets: proved by a signature, one organisation each, taken away unless earnings go there. */
import { commit } from '../../functions/kit/transaction.ts';
import { present } from '../../shared/core/assert.ts';
import { encodeBase58 } from '../../shared/core/base58.ts';
import { WriteRefused } from '../../shared/core/database.ts';
import { newId } from '../../shared/core/ids.ts';
import { minuteMs } from '../../shared/core/time.ts';
import {
  deleteWallet,
  getWallet,
  getWalletOwner,
  updateWallet,
} from '../../shared/identity/wallet-store.ts';
import { makeKey } from '../support/identity.ts';
import { seededRandomness } from '../support/runtime.ts';
import { type TestWallet, testWallet } from '../support/wallet.ts';
import { identityService } from './service.ts';

const messages = '/v1/wallet-messages';
const path = '/v1/wallets';
/** A token account: derived by a program, off the curve. */
const programs = 'HRsSgrxDJnBH6TcHxwAPWeqVqMWYnchxGrqDGcc4JfLs';

const setup = async () => {
  const service = await identityService();
  const wallet = testWallet(service.runtime.randomness);
  const stranger = await makeKey(service.runtime, service.otherId);
  /** A message for this wallet, and its signature of it. */
  const prove = async (more: object = {}, key = service.owner, by: TestWallet = wallet) => {
    const body = { address: by.address, purpose: 'register_wallet', ...more };
    const made = await service.call('POST', messages, { key, body });
    return { message_id: made.body.id as string, signature: by.sign(made.body.message) };
  };
  const register = async (more: object = {}, key = service.owner, by: TestWallet = wallet) => {
    const proof = await prove(more, key, by);
    return service.call('POST', path, { key, body: { ...proof, ...more } });
  };
  const ownerOf = () => getWalletOwner(service.runtime.database, wallet.address);
  return { ...service, wallet, stranger, prove, register, ownerOf };
};

describe('createWalletMessage', () => {
  it('201 names the site, the wallet, the organisation and the purpose', async () => {
    const { call, wallet, organisationId } = await setup();
    const body = { address: wallet.address, purpose: 'payout_wallet', asset: 'usdc' };
    const made = await call('POST', messages, { body });
    expect(made.status).toBe(201);
    expect(made.body).toEqual({
      id: expect.stringMatching(/^wmg_/),
      object: 'wallet_message',
      address: wallet.address,
      message: expect.stringContaining(`organisation ${organisationId} in USDC`),
      created_at: '2026-11-22T12:00:00.000Z',
      expires_at: '2026-11-22T12:10:00.000Z',
    });
    expect(made.body.message).toMatch(/^console\.raymesh\.test wants you to sign in/);
    expect(made.body.message).toContain(wallet.address);
  });

  it('201 is one message per Idempotency-Key, also when the process dies after it', async () => {
    const { call, runtime, wallet } = await setup();
    const body = { address: wallet.address, purpose: 'register_wallet' };
    const request = { body, headers: { 'idempotency-key': 'one-message' } };
    runtime.database.faultOf = ([write]) =>
      write?.kind === 'update' && write.key.sk === 'IDEMPOTENCY' ? 'lost_request' : 'none';
    expect((await call('POST', messages, request)).status).toBe(500);
    runtime.database.faultOf = () => 'none';
    runtime.clock.ms += 30_000;
    const resumed = await call('POST', messages, request);
    expect([resumed.status, resumed.body.created_at]).toEqual([201, '2026-11-22T12:00:00.000Z']);
    expect((await call('POST', messages, request)).body).toEqual(resumed.body);
  });

  describe('400', () => {
    const { address } = testWallet(seededRandomness('bad input'));
    const register = { address, purpose: 'register_wallet' };
    it.each([
      [{ ...register, address: 'me' }, '/address'],
      [{ ...register, address: programs }, '/address'],
      [{ ...register, address: '11111111111111111111111111111111' }, '/address'],
      [{ ...register, address: `${address}1` }, '/address'],
      [{ ...register, purpose: 'sign_in' }, '/purpose'],
      [{ ...register, role: 'operator' }, '/role'],
      [{ ...register, asset: 'usdc' }, '/asset'],
      [{ address, purpose: 'payout_wallet' }, '/asset'],
      [{ address, purpose: 'payout_wallet', asset: 'sol' }, '/asset'],
      [{ address, purpose: 'payout_wallet', asset: 'io', role: 'owner' }, '/role'],
      [{ address, purpose: 'deposit_claim' }, '/transaction'],
      [{ address, purpose: 'deposit_claim', transaction: address }, '/transaction'],
      [{ ...register, organisation_id: 'org_1' }, '/organisation_id'],
    ])('for %j', async (body, pointer) => {
      const { call } = await setup();
      const answer = await call('POST', messages, { body });
      expect([answer.status, answer.body.code]).toEqual([400, 'request.malformed']);
      const pointers = answer.body.errors.map((error: { pointer: string }) => error.pointer);
      expect([...new Set(pointers)]).toEqual([pointer]);
    });
  });

  it('401 without a key, 403 without the scope', async () => {
    const { call, runtime, organisationId, wallet } = await setup();
    const body = { address: wallet.address, purpose: 'register_wallet' };
    expect((await call('POST', messages, { key: '', body })).status).toBe(401);
    const key = await makeKey(runtime, organisationId, 'member');
    expect((await call('POST', messages, { key, body })).body.required_scope).toBe('wallets:write');
  });

  it('422 for a role that the asking key could not give to an API key', async () => {
    const { call, runtime, organisationId, wallet } = await setup();
    const body = { address: wallet.address, purpose: 'register_wallet', role: 'member' };
    const narrow = await makeKey(runtime, organisationId, 'owner', {
      scopes: ['wallets:write', 'api_keys:write'],
    });
    for (const key of [
      await makeKey(runtime, organisationId, 'billing'),
      await makeKey(runtime, organisationId, 'admin'),
      narrow,
    ]) {
      const answer = await call('POST', messages, { key, body });
      expect([answer.status, answer.body.code]).toEqual([422, 'identity.scope_not_grantable']);
    }
  });
});

describe('createWallet', () => {
  describe('201', () => {
    it('makes the wallet the organisation’s, and says who did it', async () => {
      const { call, register, wallet, ownerOf, organisationId } = await setup();
      const made = await register();
      expect(made.status).toBe(201);
      expect(made.body).toEqual({
        id: expect.stringMatching(/^wal_/),
        object: 'wallet',
        address: wallet.address,
        role: null,
        payout_assets: [],
        created_at: '2026-11-22T12:00:00.000Z',
      });
      expect(await ownerOf()).toBe(organisationId);
      const events = await call('GET', '/v1/audit-events');
      expect(events.body.data).toMatchObject([
        { action: 'wallet.registered', target: made.body.id },
      ]);
    });

    it('gives a role to a wallet that is registered, and takes none away', async () => {
      const { register } = await setup();
      const first = await register();
      const second = await register({ role: 'admin' });
      const third = await register();
      expect(second.body).toEqual({ ...first.body, role: 'admin' });
      expect(third.body).toEqual(second.body);
    });

    it('is complete, once, wherever the process dies', async () => {
      // Each write of the request is lost in turn, before it and after it, until one run meets none.
      for (const fault of ['lost_request', 'lost_answer'] as const) {
        for (let dies = 0, died = true; died; dies += 1) {
          const { call, runtime, prove, ownerOf, organisationId } = await setup();
          const headers = { 'idempotency-key': 'register-once' };
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
          expect(listed.body.data).toEqual([done.body]);
          const events = await call('GET', '/v1/audit-events');
          expect(events.body.data).toHaveLength(1);
        }
      }
    });
  });

  describe('400', () => {
    it.each([
      [{ message_id: 'wal_1' }, '/message_id'],
      [{ signature: 'x' }, '/signature'],
      [{ role: 'operator' }, '/role'],
      [{ address: 'x' }, '/address'],
    ])('for %j', async (wrong, pointer) => {
      const { call, prove } = await setup();
      const answer = await call('POST', path, { body: { ...(await prove()), ...wrong } });
      expect(answer.body.errors[0].pointer).toBe(pointer);
    });
  });

  describe('401', () => {
    it('without a key', async () => {
      const { call, prove } = await setup();
      expect((await call('POST', path, { key: '', body: await prove() })).status).toBe(401);
    });

    it('for the signature of another wallet, of another text, or a broken one', async () => {
      const { call, runtime, wallet, prove, ownerOf } = await setup();
      const other = testWallet(runtime.randomness);
      const made = await call('POST', messages, {
        body: { address: wallet.address, purpose: 'register_wallet' },
      });
      const { id: message_id, message } = made.body;
      const another = await prove();
      const signatures = [
        other.sign(message),
        wallet.sign(`${message}\n`),
        wallet.sign(message.replace('console.raymesh.test', 'console.raymesh.evil')),
        another.signature,
        encodeBase58(new Uint8Array(64)),
      ];
      for (const signature of signatures) {
        const answer = await call('POST', path, { body: { message_id, signature } });
        expect([answer.status, answer.body.code]).toEqual([401, 'wallet.signature_invalid']);
      }
      expect(await ownerOf()).toBeUndefined();
      // None of them spent the message.
      const signature = wallet.sign(message);
      expect((await call('POST', path, { body: { message_id, signature } })).status).toBe(201);
    });
  });

  it('403 without the scope', async () => {
    const { call, runtime, organisationId, prove } = await setup();
    const key = await makeKey(runtime, organisationId, 'member');
    expect((await call('POST', path, { key, body: await prove() })).status).toBe(403);
  });

  describe('404', () => {
    it('for what another organisation asked to have signed, exactly as for an unknown message', async () => {
      const { call, runtime, prove, stranger, ownerOf } = await setup();
      const proof = await prove();
      const nothing = newId('wmg', runtime.clock.ms, seededRandomness('nothing'));
      const answers = [];
      for (const message_id of [proof.message_id, nothing]) {
        const answer = await call('POST', path, { key: stranger, body: { ...proof, message_id } });
        answers.push({ status: answer.status, ...answer.body, request_id: '' });
      }
      expect(answers[0]).toMatchObject({ status: 404, code: 'wallet.message_not_found' });
      expect(answers[0]).toEqual(answers[1]);
      expect(await ownerOf()).toBeUndefined();
    });

    it.each([
      { purpose: 'payout_wallet', asset: 'usdc' },
      { purpose: 'register_wallet', role: 'owner' },
    ])('for a text that was signed for %j', async (purpose) => {
      const { call, prove, ownerOf } = await setup();
      const answer = await call('POST', path, { body: await prove(purpose) });
      expect([answer.status, answer.body.code]).toEqual([404, 'wallet.message_not_found']);
      expect(await ownerOf()).toBeUndefined();
    });

    it('for a role that the signed text does not name', async () => {
      const { call, prove } = await setup();
      const answer = await call('POST', path, { body: { ...(await prove()), role: 'owner' } });
      expect(answer.body.code).toBe('wallet.message_not_found');
    });
  });

  describe('409', () => {
    it('for a message that was used before', async () => {
      const { call, prove } = await setup();
      const body = await prove();
      expect((await call('POST', path, { body })).status).toBe(201);
      const again = await call('POST', path, { body });
      expect([again.status, again.body.code]).toEqual([409, 'wallet.message_spent']);
    });

    it('for the wallet of another organisation, without a word about whose', async () => {
      const { register, stranger, organisationId, otherId, ownerOf } = await setup();
      await register({}, stranger);
      const refused = await register();
      expect([refused.status, refused.body.code]).toEqual([409, 'wallet.taken']);
      expect(JSON.stringify(refused.body)).not.toContain(otherId);
      expect(await ownerOf()).toBe(otherId);
      expect(organisationId).not.toBe(otherId);
    });

    it('for the second of two organisations at once: one has it', async () => {
      const { register, runtime, stranger, ownerOf, organisationId } = await setup();
      const statuses: number[] = [];
      runtime.database.beforeRead = async (_, key) => {
        if (key.sk !== 'WALLET') return;
        runtime.database.beforeRead = async () => {};
        statuses.push((await register({}, stranger)).status);
      };
      statuses.push((await register()).status);
      expect(statuses).toEqual([201, 409]);
      expect(await ownerOf()).not.toBe(organisationId);
    });

    it('for the second of two uses of one message at once', async () => {
      const { call, runtime, prove } = await setup();
      const body = await prove();
      const statuses: number[] = [];
      runtime.database.beforeRead = async (_, key) => {
        if (key.sk !== 'WALLET') return;
        runtime.database.beforeRead = async () => {};
        statuses.push((await call('POST', path, { body })).status);
      };
      statuses.push((await call('POST', path, { body })).status);
      expect(statuses).toEqual([201, 409]);
    });
  });

  describe('422', () => {
    it('for a message that has expired', async () => {
      const { call, runtime, prove } = await setup();
      const body = await prove();
      runtime.clock.ms += 10 * minuteMs;
      const answer = await call('POST', path, { body });
      expect([answer.status, answer.body.code]).toEqual([422, 'wallet.message_expired']);
    });

    it('for a role that the sending key could not give, whoever had it signed', async () => {
      const { call, runtime, organisationId, prove, ownerOf } = await setup();
      const key = await makeKey(runtime, organisationId, 'billing');
      const body = { ...(await prove({ role: 'owner' })), role: 'owner' };
      const answer = await call('POST', path, { key, body });
      expect([answer.status, answer.body.code]).toEqual([422, 'identity.scope_not_grantable']);
      expect(await ownerOf()).toBeUndefined();
    });
  });

  it('503 when contention does not end, and the same proof may come again', async () => {
    const { call, runtime, prove } = await setup();
    const body = await prove();
    runtime.database.faultOf = (writes) => (writes.length > 1 ? 'conflict' : 'none');
    expect((await call('POST', path, { body })).status).toBe(503);
    runtime.database.faultOf = () => 'none';
    expect((await call('POST', path, { body })).status).toBe(201);
  });
});

describe('listWallets, getWallet', () => {
  it('200 show the own ones, newest first, page by page', async () => {
    const { call, runtime, register, stranger } = await setup();
    await register({}, stranger, testWallet(runtime.randomness));
    const made: unknown[] = [];
    for (let count = 0; count < 3; count += 1) {
      runtime.clock.ms += 1000;
      made.unshift((await register({}, undefined, testWallet(runtime.randomness))).body);
    }
    const first = await call('GET', path, { query: { limit: '2' } });
    const query = { limit: '2', cursor: first.body.next_cursor };
    const second = await call('GET', path, { query });
    expect([...first.body.data, ...second.body.data]).toEqual(made);
    expect(second.body.has_more).toBe(false);
    const { id } = first.body.data[0];
    expect((await call('GET', `${path}/${id}`)).body).toEqual(made[0]);
  });

  it('400, 401, 403 and 404', async () => {
    const { call, runtime, organisationId, register, stranger } = await setup();
    const { id } = (await register()).body;
    const member = await makeKey(runtime, organisationId, 'member');
    for (const [place, wrong] of [
      [path, `${path}?`],
      [`${path}/${id}`, `${path}/key_1`],
    ] as const) {
      const query = wrong.endsWith('?') ? { limit: '0' } : undefined;
      const malformed = await call('GET', query ? path : wrong, query ? { query } : {});
      expect(malformed.status).toBe(400);
      expect((await call('GET', place, { key: '' })).status).toBe(401);
      expect((await call('GET', place, { key: member })).status).toBe(403);
    }
    const foreign = await call('GET', `${path}/${id}`, { key: stranger });
    expect([foreign.status, foreign.body.code]).toEqual([404, 'wallet.not_found']);
  });
});

describe('deleteWallet', () => {
  it('200 frees the address, for another organisation too', async () => {
    const { call, runtime, register, stranger, ownerOf, otherId } = await setup();
    const { id } = (await register()).body;
    runtime.clock.ms += 1000;
    const deleted = await call('DELETE', `${path}/${id}`);
    expect(deleted.body).toEqual({ id, object: 'wallet', deleted: true });
    expect(await ownerOf()).toBeUndefined();
    expect((await call('GET', path)).body.data).toEqual([]);
    const [event] = (await call('GET', '/v1/audit-events')).body.data;
    expect(event).toMatchObject({ action: 'wallet.deleted', target: id });
    expect((await register({}, stranger)).status).toBe(201);
    expect(await ownerOf()).toBe(otherId);
    // The old id is nobody's.
    expect((await call('DELETE', `${path}/${id}`)).status).toBe(404);
  });

  it('400, 401, 403, 404', async () => {
    const { call, runtime, organisationId, register, stranger, ownerOf } = await setup();
    const place = `${path}/${(await register()).body.id}`;
    const member = await makeKey(runtime, organisationId, 'member');
    expect((await call('DELETE', `${path}/wal_1`)).status).toBe(400);
    expect((await call('DELETE', place, { key: '' })).status).toBe(401);
    expect((await call('DELETE', place, { key: member })).status).toBe(403);
    expect((await call('DELETE', place, { key: stranger })).status).toBe(404);
    expect(await ownerOf()).toBe(organisationId);
  });

  it('409 while earnings are paid to it, also when that begins after it was read', async () => {
    const { call, runtime, register, wallet, ownerOf, organisationId } = await setup();
    const { id } = (await register()).body;
    const known = present(await getWallet(runtime.database, wallet.address), 'no wallet');
    await commit(runtime, [updateWallet({ ...known, payouts: ['usdc'] })]);
    await expect(commit(runtime, deleteWallet(known))).rejects.toThrow(WriteRefused);
    const refused = await call('DELETE', `${path}/${id}`);
    expect([refused.status, refused.body.code]).toEqual([409, 'wallet.paid_to']);
    expect(await ownerOf()).toBe(organisationId);
    expect((await call('GET', `${path}/${id}`)).body.payout_assets).toEqual(['usdc']);
  });
});

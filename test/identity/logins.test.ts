/** Logins: a wallet's signature opens one for an hour, with what the wallet may do, until the wallet goes. */
import { requestsPerMinuteMax } from '../../functions/kit/http/rate-limit.ts';
import { rateKey } from '../../functions/kit/keys.ts';
import { encodeBase58 } from '../../shared/core/base58.ts';
import { newId } from '../../shared/core/ids.ts';
import { dayMs, dayOf, hourMs, minuteMs } from '../../shared/core/time.ts';
import { signUpsKey } from '../../shared/identity/keys.ts';
import { isLoginSecret, newLoginSecret } from '../../shared/identity/login.ts';
import { scopesOfRole } from '../../shared/identity/permissions.ts';
import { type SignUpMode, signUpsPerDayMax } from '../../shared/identity/sign-up.ts';
import { walletRoles } from '../../shared/identity/wallet.ts';
import { getWalletOwner } from '../../shared/identity/wallet-store.ts';
import { makeKey } from '../support/identity.ts';
import { seededRandomness } from '../support/runtime.ts';
import { type TestWallet, testWallet } from '../support/wallet.ts';
import { everythingStored, identityService } from './service.ts';

const messagePath = '/v1/logins/solana/message';
const verifyPath = '/v1/logins/solana/verify';
const endPath = '/v1/logins/end';
const nobody = { key: '' };

const setup = async (signUp: SignUpMode = 'closed') => {
  const service = await identityService(signUp);
  const { call, runtime } = service;
  const wallet = testWallet(runtime.randomness);
  const ask = async (by: TestWallet = wallet) =>
    (await call('POST', messagePath, { ...nobody, body: { address: by.address } })).body;
  const prove = async (by: TestWallet = wallet) => {
    const { id, message } = await ask(by);
    return { message_id: id as string, signature: by.sign(message) };
  };
  const verify = (body: object) => call('POST', verifyPath, { ...nobody, body });
  const signIn = async (by: TestWallet = wallet) => verify(await prove(by));
  /** Registers the wallet with the organisation, with a role or without. */
  const register = async (role?: string, key = service.owner, by: TestWallet = wallet) => {
    const more = role === undefined ? {} : { role };
    const asked = { address: by.address, purpose: 'register_wallet', ...more };
    const { id, message } = (await call('POST', '/v1/wallet-messages', { key, body: asked })).body;
    const body = { message_id: id, signature: by.sign(message), ...more };
    return (await call('POST', '/v1/wallets', { key, body })).body;
  };
  const owned = (key: string) => call('GET', '/v1/wallets', { key });
  return { ...service, wallet, ask, prove, verify, signIn, register, owned };
};

describe('the form of a secret', () => {
  const secret = newLoginSecret('test', seededRandomness('login'));

  it('has a checksum and belongs to one mode', () => {
    expect(secret).toMatch(/^rm_login_test_[0-9A-Z]{39}$/);
    expect([isLoginSecret(secret, 'test'), isLoginSecret(secret, 'live')]).toEqual([true, false]);
    expect(isLoginSecret(secret.replace('test', 'live'), 'live')).toBe(false);
    const last = secret.endsWith('0') ? '1' : '0';
    expect(isLoginSecret(`${secret.slice(0, -1)}${last}`, 'test')).toBe(false);
  });
});

describe('createLoginMessage', () => {
  it('201 is the same for a known wallet and for an unknown one', async () => {
    const { ask, register, runtime, wallet } = await setup();
    await register('owner');
    const stranger = testWallet(runtime.randomness);
    const [known, unknown] = [await ask(), await ask(stranger)];
    const shapeOf = ({ id, message, ...rest }: Record<string, string>, by: TestWallet) => ({
      ...rest,
      address: '',
      message: message
        ?.replace(by.address, '')
        .replace(/Nonce: \w+/, '')
        .replace(id ?? '', ''),
    });
    expect(shapeOf(known, wallet)).toEqual(shapeOf(unknown, stranger));
    expect(known.message).toContain('Sign in to Raymesh. This moves no money.');
  });

  it.each([
    [{}, '/address'],
    [{ address: '11111111111111111111111111111111' }, '/address'],
    [{ address: 'HRsSgrxDJnBH6TcHxwAPWeqVqMWYnchxGrqDGcc4JfLs' }, '/address'],
    [{ address: 'x', domain: 'evil.example' }, '/domain'],
  ])('400 for %j', async (body, pointer) => {
    const { call } = await setup();
    const answer = await call('POST', messagePath, { ...nobody, body });
    const pointers = answer.body.errors.map((error: { pointer: string }) => error.pointer);
    expect([answer.status, pointers]).toEqual([400, expect.arrayContaining([pointer])]);
  });

  it('does not let the sender choose the site', async () => {
    const { call, wallet } = await setup();
    const body = { address: wallet.address };
    const headers = { host: 'evil.example', origin: 'https://evil.example' };
    const { message } = (await call('POST', messagePath, { ...nobody, body, headers })).body;
    expect(message).not.toContain('evil.example');
    expect(message).toMatch(/^console\.raymesh\.test wants you/);
  });

  it('429 for an address that asks too often', async () => {
    const { call, runtime, wallet } = await setup();
    const key = rateKey('public#203.0.113.7', Math.floor(runtime.clock.ms / minuteMs));
    const attributes = { requests: requestsPerMinuteMax };
    const put = { kind: 'put', table: 'requests', key, attributes, condition: {} } as const;
    await runtime.database.write(put);
    const request = { ...nobody, body: { address: wallet.address } };
    const codes: string[] = [];
    // The first ones of a process are counted by it alone.
    for (let count = 0; count < 11; count += 1) {
      codes.push((await call('POST', messagePath, request)).body.code);
    }
    expect(codes.at(-1)).toBe('request.rate_limited');
  });
});

describe('createLogin', () => {
  describe('201', () => {
    it('opens a login of an hour, and shows its secret once', async () => {
      const { call, runtime, signIn, register, owned, organisationId } = await setup();
      const { id: wallet_id } = await register('admin');
      runtime.clock.ms += 1000;
      const opened = await signIn();
      expect(opened.status).toBe(201);
      expect(opened.body).toEqual({
        id: expect.stringMatching(/^lgn_/),
        object: 'login',
        organisation_id: organisationId,
        wallet_id,
        role: 'admin',
        secret: expect.stringMatching(/^rm_login_test_/),
        signed_up: false,
        created_at: '2026-11-22T12:00:01.000Z',
        expires_at: '2026-11-22T13:00:01.000Z',
      });
      expect((await owned(opened.body.secret)).status).toBe(200);
      const [event] = (await call('GET', '/v1/audit-events')).body.data;
      expect(event).toMatchObject({
        action: 'login.opened',
        actor: wallet_id,
        target: opened.body.id,
      });
    });

    it('keeps only the hash of the secret, anywhere', async () => {
      const { runtime, signIn, register, owned } = await setup();
      await register('owner');
      const { secret } = (await signIn()).body;
      await owned(secret);
      const random = secret.slice('rm_login_test_'.length, -4);
      expect(everythingStored(runtime)).not.toContain(random);
      expect(JSON.stringify(runtime.lines)).not.toContain(random);
    });

    it.each(walletRoles)('may do what the role %s may, and no more', async (role) => {
      const { call, signIn, register, owned } = await setup();
      const made = await register(role);
      const { secret } = (await signIn()).body;
      const mayRead = scopesOfRole[role].includes('wallets:read');
      expect((await owned(secret)).status).toBe(mayRead ? 200 : 403);
      const body = { name: 'key', role: 'member' };
      const key = await call('POST', '/v1/api-keys', { key: secret, body });
      expect(key.status).toBe(role === 'owner' ? 201 : 403);
      if (role !== 'owner') return;
      // What it does stands under the wallet's name.
      const events = await call('GET', '/v1/audit-events', { key: secret });
      const made_key = events.body.data.find(
        ({ action }: { action: string }) => action === 'api_key.created',
      );
      expect(made_key.actor).toBe(made.id);
    });

    it('follows the role of the wallet at once, both ways', async () => {
      const { signIn, register, owned } = await setup();
      await register('owner');
      const { secret } = (await signIn()).body;
      expect((await owned(secret)).status).toBe(200);
      await register('member');
      const refused = await owned(secret);
      expect([refused.status, refused.body.detail]).toEqual([
        403,
        'This login lacks the scope wallets:read.',
      ]);
    });

    it('makes an organisation for an unknown wallet where sign-ups are open', async () => {
      const { call, runtime, wallet, signIn, organisationId } = await setup('open');
      const opened = await signIn();
      expect(opened.body).toMatchObject({ role: 'owner', signed_up: true });
      const own = opened.body.organisation_id;
      expect(own).not.toBe(organisationId);
      expect(await getWalletOwner(runtime.database, wallet.address)).toBe(own);
      const key = opened.body.secret;
      const shown = await call('GET', `/v1/organisations/${own}`, { key });
      const short = `${wallet.address.slice(0, 4)}…${wallet.address.slice(-4)}`;
      expect(shown.body.name).toBe(`Wallet ${short}`);
      const events = await call('GET', '/v1/audit-events', { key });
      expect(events.body.data.map(({ action }: { action: string }) => action).toSorted()).toEqual([
        'login.opened',
        'organisation.created',
      ]);
      // The next time it comes home.
      const again = await signIn();
      expect(again.body).toMatchObject({ organisation_id: own, signed_up: false });
    });

    it('is one organisation when a new wallet signs in twice at once', async () => {
      const { runtime, prove, verify, wallet } = await setup('open');
      const proofs = [await prove(), await prove()] as const;
      const answers: { organisation_id: string; signed_up: boolean }[] = [];
      runtime.database.beforeRead = async (_, key) => {
        if (key.sk !== 'WALLET') return;
        runtime.database.beforeRead = async () => {};
        answers.push((await verify(proofs[1])).body);
      };
      answers.push((await verify(proofs[0])).body);
      expect(answers.map(({ signed_up }) => signed_up)).toEqual([true, false]);
      expect(answers[0]?.organisation_id).toBe(answers[1]?.organisation_id);
      const owner = await getWalletOwner(runtime.database, wallet.address);
      expect(owner).toBe(answers[0]?.organisation_id);
    });

    it('leaves all of it or nothing wherever the process dies, and the wallet comes in after it', async () => {
      for (const fault of ['lost_request', 'lost_answer'] as const) {
        for (let dies = 0, died = true; died; dies += 1) {
          const { call, runtime, prove, verify, signIn, operator, wallet } = await setup('open');
          const proof = await prove();
          let writes = -1;
          died = false;
          runtime.database.faultOf = () => {
            writes += 1;
            died ||= writes >= dies;
            return writes >= dies ? fault : 'none';
          };
          await verify(proof);
          runtime.database.faultOf = () => 'none';
          const owner = await getWalletOwner(runtime.database, wallet.address);
          const all = await call('GET', '/v1/organisations', { key: operator });
          expect(all.body.data).toHaveLength(owner === undefined ? 3 : 4);
          const after = await signIn();
          expect([dies, fault, after.status]).toEqual([dies, fault, 201]);
          const later = await call('GET', '/v1/organisations', { key: operator });
          expect(later.body.data).toHaveLength(4);
        }
      }
    });
  });

  it.each([
    [{ message_id: 'lgn_1' }, '/message_id'],
    [{ signature: 'x' }, '/signature'],
    [{ address: 'x' }, '/address'],
  ])('400 for %j', async (wrong, pointer) => {
    const { prove, verify } = await setup();
    const answer = await verify({ ...(await prove()), ...wrong });
    expect([answer.status, answer.body.errors[0].pointer]).toEqual([400, pointer]);
  });

  describe('401', () => {
    it('for a signature of another wallet, of another text, or of none', async () => {
      const { runtime, ask, verify, wallet, register } = await setup();
      await register('owner');
      const { id: message_id, message } = await ask();
      const elsewhere = message.replaceAll('console.raymesh.test', 'console.raymesh.evil');
      const signatures = [
        testWallet(runtime.randomness).sign(message),
        wallet.sign(elsewhere),
        wallet.sign(''),
        wallet.sign((await ask()).message),
        encodeBase58(new Uint8Array(64)),
      ];
      for (const signature of signatures) {
        const answer = await verify({ message_id, signature });
        expect([answer.status, answer.body.code]).toEqual([401, 'wallet.signature_invalid']);
      }
    });

    it('for a login that has expired, to the millisecond', async () => {
      const { runtime, signIn, register, owned } = await setup();
      await register('owner');
      const { secret } = (await signIn()).body;
      runtime.clock.ms += hourMs - 1;
      expect((await owned(secret)).status).toBe(200);
      runtime.clock.ms += 1;
      const refused = await owned(secret);
      expect([refused.status, refused.body.code]).toEqual([401, 'identity.unauthenticated']);
      expect(refused.body.suggestion).toContain('/v1/logins/solana/message');
    });

    it('for an unknown login, and without a read for a mistyped one', async () => {
      const { runtime, owned } = await setup();
      const secret = newLoginSecret('test', runtime.randomness);
      expect((await owned(secret)).status).toBe(401);
      const mistyped = `${secret.slice(0, -1)}${secret.endsWith('0') ? '1' : '0'}`;
      runtime.database.beforeRead = async () => {
        throw new Error('the database was asked');
      };
      expect((await owned(mistyped)).status).toBe(401);
    });

    it('from the moment that the wallet is taken away, also when it comes back', async () => {
      const { call, signIn, register, owned } = await setup();
      const { id } = await register('owner');
      const { secret } = (await signIn()).body;
      expect((await call('DELETE', `/v1/wallets/${id}`)).status).toBe(200);
      expect((await owned(secret)).status).toBe(401);
      await register('owner');
      expect((await owned(secret)).status).toBe(401);
      expect((await owned((await signIn()).body.secret)).status).toBe(200);
    });
  });

  describe('403', () => {
    it('for an unknown wallet where sign-ups are closed, only to who holds it', async () => {
      const { runtime, call, ask, signIn, verify, operator } = await setup();
      const refused = await signIn();
      expect([refused.status, refused.body.code]).toEqual([403, 'login.wallet_unknown']);
      const { id, message } = await ask();
      const other = testWallet(runtime.randomness).sign(message);
      const probe = await verify({ message_id: id, signature: other });
      expect(probe.body.code).toBe('wallet.signature_invalid');
      const all = await call('GET', '/v1/organisations', { key: operator });
      expect(all.body.data).toHaveLength(3);
    });

    it('for a wallet that is registered without a role', async () => {
      const { signIn, register } = await setup('open');
      await register();
      const refused = await signIn();
      expect([refused.status, refused.body.code]).toEqual([403, 'login.wallet_without_role']);
      await register('member');
      expect((await signIn()).status).toBe(201);
    });
  });

  it('404 for an unknown message, and for one that was signed for something else', async () => {
    const { call, runtime, owner, wallet, verify, prove, register } = await setup('open');
    const body = { address: wallet.address, purpose: 'register_wallet', role: 'owner' };
    const { id, message } = (await call('POST', '/v1/wallet-messages', { key: owner, body })).body;
    const misused = await verify({ message_id: id, signature: wallet.sign(message) });
    expect([misused.status, misused.body.code]).toEqual([404, 'wallet.message_not_found']);
    const nothing = newId('wmg', runtime.clock.ms, seededRandomness('nothing'));
    const unknown = await verify({ ...(await prove()), message_id: nothing });
    expect(unknown.body.code).toBe('wallet.message_not_found');
    // And the other way round: a sign-in registers nothing.
    const signIn = await call('POST', '/v1/wallets', { body: await prove() });
    expect(signIn.body.code).toBe('wallet.message_not_found');
    expect(await getWalletOwner(runtime.database, wallet.address)).toBeUndefined();
    expect((await register()).object).toBe('wallet');
  });

  it('409 for a message that was used, also by two at once', async () => {
    const { runtime, prove, verify, register } = await setup();
    await register('owner');
    const proof = await prove();
    const statuses: number[] = [];
    runtime.database.beforeRead = async (_, key) => {
      if (key.sk !== 'WALLET') return;
      runtime.database.beforeRead = async () => {};
      statuses.push((await verify(proof)).status);
    };
    statuses.push((await verify(proof)).status);
    const again = await verify(proof);
    expect([...statuses, again.body.code]).toEqual([201, 409, 'wallet.message_spent']);
  });

  it('422 for a message that has expired', async () => {
    const { runtime, prove, verify, register } = await setup();
    await register('owner');
    const proof = await prove();
    runtime.clock.ms += 10 * minuteMs;
    const answer = await verify(proof);
    expect([answer.status, answer.body.code]).toEqual([422, 'wallet.message_expired']);
  });

  it('429 when the day has brought enough organisations, until the next', async () => {
    const { runtime, signIn, register } = await setup('open');
    const key = signUpsKey(dayOf(runtime.clock.ms));
    const attributes = { sign_ups: signUpsPerDayMax - 1 };
    const put = { kind: 'put', table: 'identity', key, attributes, condition: {} } as const;
    await runtime.database.write(put);
    expect((await signIn()).status).toBe(201);
    const late = testWallet(runtime.randomness);
    const refused = await signIn(late);
    expect([refused.status, refused.body.code]).toEqual([429, 'login.sign_ups_full']);
    expect(refused.headers['retry-after']).toBe(String(12 * 3600));
    expect(await getWalletOwner(runtime.database, late.address)).toBeUndefined();
    // Who is known comes in all the same.
    const known = testWallet(runtime.randomness);
    await register('member', undefined, known);
    expect((await signIn(known)).status).toBe(201);
    runtime.clock.ms += dayMs / 2;
    expect((await signIn(late)).status).toBe(201);
  });

  it('503 when contention does not end, and the same signature may come again', async () => {
    const { runtime, prove, verify, register } = await setup();
    await register('owner');
    const proof = await prove();
    runtime.database.faultOf = (writes) => (writes.length > 1 ? 'conflict' : 'none');
    expect((await verify(proof)).status).toBe(503);
    runtime.database.faultOf = () => 'none';
    expect((await verify(proof)).status).toBe(201);
  });
});

describe('endLogin', () => {
  it('200 ends this login alone', async () => {
    const { call, signIn, register, owned } = await setup();
    await register('member');
    await register('owner');
    const [one, two] = [(await signIn()).body.secret, (await signIn()).body.secret];
    const ended = await call('POST', endPath, { key: one });
    expect([ended.status, ended.body]).toEqual([200, { object: 'login', ended: true }]);
    expect((await owned(one)).status).toBe(401);
    expect((await owned(two)).status).toBe(200);
  });

  it('400 for a body, 401 without a login', async () => {
    const { call } = await setup();
    expect((await call('POST', endPath, { body: { all: true } })).status).toBe(400);
    expect((await call('POST', endPath, nobody)).status).toBe(401);
  });

  it('403 for a key without the scope, 422 for an API key', async () => {
    const { call, runtime, organisationId } = await setup();
    const narrow = await makeKey(runtime, organisationId, 'owner', { scopes: ['devices:read'] });
    expect((await call('POST', endPath, { key: narrow })).status).toBe(403);
    const answer = await call('POST', endPath);
    expect([answer.status, answer.body.code]).toEqual([422, 'login.none']);
  });
});

describe('a wallet that somebody is signed in with', () => {
  it('409 is not taken away by that login, but by another', async () => {
    const { call, runtime, signIn, register } = await setup();
    const { id } = await register('owner');
    const other = testWallet(runtime.randomness);
    await register('owner', undefined, other);
    const { secret } = (await signIn()).body;
    const own = await call('DELETE', `/v1/wallets/${id}`, { key: secret });
    expect([own.status, own.body.code]).toEqual([409, 'wallet.signed_in_with']);
    const key = (await signIn(other)).body.secret;
    expect((await call('DELETE', `/v1/wallets/${id}`, { key })).status).toBe(200);
  });
});

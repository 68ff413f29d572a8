/** Which customers and suppliers count as one: by wallets that they hold or are paid from, and by cards. */
import { noteTie } from '../../functions/identity/note-tie.ts';
import {
  areLinked,
  decideTie,
  noTies,
  type Tie,
  type Ties,
  tiedMax,
} from '../../shared/identity/link.ts';
import { findLinked, getTies } from '../../shared/identity/link-store.ts';
import { makeKey } from '../support/identity.ts';
import { startMs, testRuntime } from '../support/runtime.ts';
import { testWallet } from '../support/wallet.ts';
import { identityService } from './service.ts';

const wallet = { kind: 'wallet', value: 'the-address' } as const;
const card = { kind: 'card', value: 'the-fingerprint' } as const;

/** The ties after one more, and who is linked by it, as `customer>supplier`. */
const tied = (ties: Ties, organisation: string, tie: Tie) => {
  const decision = decideTie(ties, organisation, tie);
  if (decision.outcome === 'unchanged') return { ties, links: 'unchanged' as const };
  const links = decision.links.map(({ customer, supplier }) => `${customer}>${supplier}`);
  return { ties: decision.ties, links: links.sort() };
};

describe('a wallet', () => {
  it('links all who hold it with each other, both ways', () => {
    const first = tied(noTies(wallet), 'org_a', 'holder');
    expect(first.links).toEqual([]);
    const second = tied(first.ties, 'org_b', 'holder');
    expect(second.links).toEqual(['org_a>org_b', 'org_b>org_a']);
    expect(tied(second.ties, 'org_c', 'holder').links).toEqual([
      'org_a>org_c',
      'org_b>org_c',
      'org_c>org_a',
      'org_c>org_b',
    ]);
  });

  it('links whom it paid for, as a customer, with its holders, and never as a supplier', () => {
    const holder = tied(noTies(wallet), 'org_holder', 'holder').ties;
    expect(tied(holder, 'org_paid', 'user').links).toEqual(['org_paid>org_holder']);
    const user = tied(noTies(wallet), 'org_paid', 'user').ties;
    expect(tied(user, 'org_holder', 'holder').links).toEqual(['org_paid>org_holder']);
  });

  it('links nobody by paying for both, as an exchange does', () => {
    const first = tied(noTies(wallet), 'org_a', 'user');
    expect(tied(first.ties, 'org_b', 'user').links).toEqual([]);
  });

  it('links once: what is known changes nothing, a payer who turns out to hold it does', () => {
    const holder = tied(noTies(wallet), 'org_a', 'holder').ties;
    expect(tied(holder, 'org_a', 'user').links).toBe('unchanged');
    expect(tied(holder, 'org_a', 'holder').links).toBe('unchanged');
    const users = tied(tied(noTies(wallet), 'org_a', 'user').ties, 'org_b', 'user').ties;
    expect(tied(users, 'org_b', 'user').links).toBe('unchanged');
    expect(tied(users, 'org_b', 'holder')).toMatchObject({
      links: ['org_a>org_b'],
      ties: { holders: ['org_b'], users: ['org_a'] },
    });
  });

  it('of more organisations than are remembered says nothing of one more', () => {
    const users = Array.from({ length: tiedMax - 1 }, (_, index) => `org_${index}`);
    const almost: Ties = { ...noTies(wallet), users, version: 7 };
    const full = tied(almost, 'org_a', 'user').ties;
    expect(full).toMatchObject({ users: [...users, 'org_a'], version: 8 });
    expect(tied(full, 'org_b', 'holder').links).toBe('unchanged');
  });
});

it('a card links all who pay with it', () => {
  const first = tied(noTies(card), 'org_a', 'holder');
  expect(tied(first.ties, 'org_b', 'holder').links).toEqual(['org_a>org_b', 'org_b>org_a']);
  expect(() => decideTie(noTies(card), 'org_a', 'user')).toThrow('holds it');
});

it('an organisation counts as one with itself and those linked to it', () => {
  const linked = new Set(['org_b']);
  expect(['org_a', 'org_b', 'org_c'].map((other) => areLinked('org_a', other, linked))).toEqual([
    true,
    true,
    false,
  ]);
});

describe('noteTie', () => {
  const asked = ['org_a', 'org_b', 'org_c'];

  it('links both to each other, and no third to either', async () => {
    const runtime = testRuntime();
    const note = (organisation: string, shared: typeof wallet | typeof card) =>
      noteTie(runtime, { ...shared, organisation, tie: 'holder', atMs: startMs });
    await note('org_a', wallet);
    await note('org_b', wallet);
    await note('org_b', card);
    await note('org_c', card);
    const linked = await Promise.all(asked.map((one) => findLinked(runtime.database, one, asked)));
    expect(linked).toEqual([new Set(['org_b']), new Set(['org_a', 'org_c']), new Set(['org_b'])]);
  });

  it('links whom a wallet paid for to its holder, and the other way once it holds it too', async () => {
    const runtime = testRuntime();
    const note = (organisation: string, tie: Tie) =>
      noteTie(runtime, { ...wallet, organisation, tie, atMs: startMs });
    const linked = async () => [
      [...(await findLinked(runtime.database, 'org_a', ['org_b']))],
      [...(await findLinked(runtime.database, 'org_b', ['org_a']))],
    ];
    await note('org_a', 'holder');
    await note('org_b', 'user');
    expect(await linked()).toEqual([[], ['org_a']]);
    await note('org_b', 'holder');
    expect(await linked()).toEqual([['org_b'], ['org_a']]);
  });

  it('of two that share two things is one link', async () => {
    const runtime = testRuntime();
    for (const shared of [wallet, card]) {
      for (const organisation of ['org_a', 'org_b']) {
        await noteTie(runtime, { ...shared, organisation, tie: 'holder', atMs: startMs });
      }
    }
    expect(await findLinked(runtime.database, 'org_a', asked)).toEqual(new Set(['org_b']));
    expect((await getTies(runtime.database, card)).holders).toEqual(['org_a', 'org_b']);
  });

  it('links all who come at once', async () => {
    const runtime = testRuntime();
    const organisations = ['org_a', 'org_b', 'org_c', 'org_d'];
    await Promise.all(
      organisations.map((organisation) =>
        noteTie(runtime, { ...wallet, organisation, tie: 'holder', atMs: startMs }),
      ),
    );
    for (const one of organisations) {
      const others = organisations.filter((other) => other !== one);
      expect(await findLinked(runtime.database, one, organisations)).toEqual(new Set(others));
    }
  });
});

describe('a wallet of two organisations', () => {
  const setup = async () => {
    const service = await identityService();
    const { runtime, call, organisationId, otherId, owner } = service;
    const shared = testWallet(runtime.randomness);
    const stranger = await makeKey(runtime, otherId);
    const register = async (key: string) => {
      const asked = { address: shared.address, purpose: 'register_wallet' };
      const made = await call('POST', '/v1/wallet-messages', { key, body: asked });
      const proof = { message_id: made.body.id, signature: shared.sign(made.body.message) };
      return call('POST', '/v1/wallets', { key, body: proof });
    };
    const linked = () => findLinked(runtime.database, organisationId, [otherId]);
    return { ...service, shared, stranger, owner, register, linked };
  };

  it('links them, also when the second is refused it', async () => {
    const { register, owner, stranger, linked, otherId } = await setup();
    expect((await register(owner)).status).toBe(201);
    expect(await linked()).toEqual(new Set());
    expect((await register(stranger)).body.code).toBe('wallet.taken');
    expect(await linked()).toEqual(new Set([otherId]));
  });

  it('links them when the first has given it away', async () => {
    const { call, register, owner, stranger, linked, otherId } = await setup();
    const { body } = await register(owner);
    expect((await call('DELETE', `/v1/wallets/${body.id}`)).status).toBe(200);
    expect((await register(stranger)).status).toBe(201);
    expect(await linked()).toEqual(new Set([otherId]));
  });

  it('links the organisation that was signed up with it', async () => {
    const { call, shared, stranger, register, otherId, runtime } = await setup();
    const asked = await call('POST', '/v1/logins/solana/message', {
      body: { address: shared.address },
    });
    const login = await call('POST', '/v1/logins/solana/verify', {
      body: { message_id: asked.body.id, signature: shared.sign(asked.body.message) },
    });
    expect(login.status).toBe(201);
    const signedUp = login.body.organisation_id as string;
    expect((await register(stranger)).body.code).toBe('wallet.taken');
    expect(await findLinked(runtime.database, otherId, [signedUp])).toEqual(new Set([signedUp]));
  });
});

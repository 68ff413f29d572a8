/**
 * What the prover process does with requests that it cannot serve: a sentence that says why, no harm to the
 * proof under way, no end of the process; and what it never does with an opening.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { waitFor as until } from '../../../local/demo/wait.ts';
import { temporaryFolder } from '../support/folders.ts';
import { ProverClient } from './support/prover-client.ts';

const hash = (letter: string) => letter.repeat(64);
const params = { profile: 2, n: 64, k: 64, R: 3, P: 1, L: 64, S: 2, K: 3, q: 2 };
const begin = {
  ...{ op: 'begin', seed: hash('1'), device_pub: hash('2'), h0: hash('3') },
  params,
};

let prover: ProverClient;
beforeAll(() => {
  prover = new ProverClient();
});
afterAll(async () => {
  expect(await prover.end()).toBe(0);
});

const refused = { ok: false, error: expect.stringMatching(/^[a-zA-Z].{3,}$/) };

describe('a line that is no request', () => {
  it.each([
    '',
    'x',
    'null',
    '[]',
    '"begin"',
    '{',
    '{"op":1}',
    '{"op":"end"}',
    '{"op":null}',
    '[['.repeat(20_000),
    `{"op":"${'x'.repeat(200_000)}"}`,
    '{"op":"\\ud800"}',
    '{"id":NaN,"op":"drop"}',
    '{"id":1.5,"op":"drop"}',
    '{"id":[1],"op":"drop"}',
    '\u0000\u0001',
  ])('%#: is refused', async (line) => {
    expect(await prover.say(line)).toEqual({ id: null, ...refused });
  });
});

describe('begin', () => {
  it.each([
    ['seed', undefined, 'seed'],
    ['seed', hash('A'), 'seed'],
    ['seed', `${hash('1')}\n`, 'seed'],
    ['device_pub', '12', 'device_pub'],
    ['h0', 7, 'h0'],
    ['params', null, 'params'],
    ['params', { ...params, n: 96 }, 'n is'],
    ['params', { ...params, n: '64' }, 'params.n'],
    ['params', { ...params, k: 100 }, 'k is'],
    ['params', { ...params, k: 64.5 }, 'params.k'],
    ['params', { ...params, R: 0 }, 'R is'],
    ['params', { ...params, R: true }, 'params.R'],
    ['params', { ...params, P: 4 }, 'P is'],
    ['params', { ...params, P: 0 }, 'without a pool'],
    ['params', { ...params, L: 96 }, 'L is'],
    ['params', { ...params, S: 0 }, 'S is'],
    ['params', { ...params, q: 0 }, 'q is'],
    ['params', { ...params, K: 65_537 }, 'K is'],
    ['params', { ...params, profile: 3 }, 'profile'],
    // A pool that no machine has.
    ['params', { ...params, n: 32_768, k: 64, R: 4096, P: 4095 }, 'leaves|MiB'],
    ['params', { ...params, L: 2 ** 31 }, 'MiB'],
  ])('with %s = %j is refused', async (name, value, words) => {
    const answer = await prover.ask({ id: 4, ...begin, [name]: value });
    expect(answer).toMatchObject({ id: 4, ...refused });
    expect(answer.error).toMatch(new RegExp(words));
  });
});

describe('the order of a proof', () => {
  const walk = { op: 'walk', walk_seed: hash('4') };
  const open = { op: 'open', sample_seed: hash('5'), h2: hash('6'), path: '/nowhere/opening' };

  it('is begin, walk, open', async () => {
    await prover.ask({ op: 'drop' });
    expect(await prover.ask(walk)).toMatchObject({ ok: false, error: 'begin comes first' });
    expect(await prover.ask(open)).toMatchObject({ ok: false, error: 'begin comes first' });
    expect(await prover.ask(begin)).toMatchObject({ ok: true });
    expect(await prover.ask(open)).toMatchObject({ ok: false, error: 'walk comes before open' });
    expect(await prover.ask(walk)).toMatchObject({ ok: true });
    const light = { ...params, profile: 1, P: 0, L: 0, S: 0, q: 0 };
    expect(await prover.ask({ ...begin, params: light })).toMatchObject({ ok: true });
    expect(await prover.ask(walk)).toMatchObject({ ok: false, error: 'this proof has no walk' });
    await prover.ask({ op: 'drop' });
    expect(await prover.ask(open)).toMatchObject({ ok: false, error: 'begin comes first' });
  });

  it('survives wrong requests in between', async () => {
    await prover.ask(begin);
    const first = await prover.ask(walk);
    expect(await prover.ask({ ...begin, params: { ...params, n: 3 } })).toMatchObject(refused);
    expect(await prover.ask({ ...walk, walk_seed: 'x' })).toMatchObject(refused);
    expect(await prover.say('nonsense')).toMatchObject(refused);
    expect(await prover.ask(walk)).toMatchObject({ lane_root: first['lane_root'] });
  });
});

describe('open', () => {
  /** A light proof whose h2 follows from h1 alone. */
  const setup = async () => {
    const light = { ...params, profile: 1, P: 0, L: 0, S: 0, q: 0 };
    const { h1 } = await prover.ask({ ...begin, params: light });

    const h2 = createHash('sha256').update('poc/c2').update(String(h1), 'hex').digest('hex');
    return { folder: temporaryFolder(), ask: { op: 'open', sample_seed: hash('5'), h2 } };
  };

  it('writes nothing for an h2 that is not this proof’s', async () => {
    const { folder, ask } = await setup();
    const answer = await prover.ask({ ...ask, h2: hash('6'), path: join(folder, 'opening') });
    expect(answer).toMatchObject({ ok: false, error: "h2 is not this proof's" });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('leaves the opening or nothing: no draft stays behind', async () => {
    const { folder, ask } = await setup();
    const path = join(folder, 'opening');
    const { bytes } = await prover.ask({ ...ask, path });
    expect(readdirSync(folder)).toEqual(['opening']);
    expect(readFileSync(path)).toHaveLength(Number(bytes));
    mkdirSync(join(folder, 'taken'));
    for (const bad of [join(folder, 'taken'), join(folder, 'missing', 'opening'), '', 'a\0b']) {
      expect(await prover.ask({ ...ask, path: bad })).toMatchObject(refused);
    }
    expect(readdirSync(folder).sort()).toEqual(['opening', 'taken']);
    expect(existsSync(join(folder, 'missing'))).toBe(false);
  });
});

it('takes its workers with it when it is killed', async () => {
  const victim = new ProverClient(['--backend', 'numpy', '--threads', '3']);
  await victim.ask({ op: 'self_test' });
  const long = { ...params, profile: 1, n: 512, k: 512, R: 8_192, P: 0, L: 0, S: 0, q: 0 };
  const lost = victim.ask({ ...begin, params: long }).catch((error) => error);
  const patience = { seconds: 60, everyMs: 10 };
  let workers: readonly number[] = [];
  try {
    const look = async () => (victim.children().length === 2 ? victim.children() : undefined);
    workers = await until('the workers to start', look, patience);
  } finally {
    victim.kill();
  }
  expect(await lost).toBeInstanceOf(Error);
  for (const worker of workers) {
    const look = async () => (existsSync(`/proc/${worker}`) ? undefined : true);
    await until('a worker to end', look, patience);
  }
});

it('says which backend passed its self-test', async () => {
  const answer = await prover.ask({ id: 'a', op: 'self_test' });
  expect(answer).toMatchObject({ id: 'a', ok: true, backend: 'numpy', refused: [] });
});

it('prints nothing beside its answers', () => {
  expect(prover.complaint).toBe('');
});

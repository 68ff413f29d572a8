/**
 * A hundred thousand bodies at the endpoints that take some: mutated, truncated, random. Whatever comes, the
 * answer is a refusal with a code or the answer of a well-formed message, never a 500; nothing passes, and
 * only the proof that a well-formed message was about is ever touched.
 */
import { httpFunction } from '../../../functions/kit/http.ts';
import type { Caller, Route } from '../../../functions/kit/route.ts';
import { proofRoutes } from '../../../functions/proofs/routes.ts';
import { bytesOfHex, toHex } from '../../../shared/proofs/protocol/bytes.ts';
import { openingBytesOf } from '../../../shared/proofs/protocol/opening.ts';
import { aFullLoad, aLoad } from '../../proofs/builders.ts';
import { commitBody, proofsService, proverOf, walkBody } from '../../proofs/service.ts';
import { callHttp, type TestAnswer } from '../../support/http.ts';
import { Chance } from '../../support/proofs/chance.ts';

const seed = 'proof bodies';
const counts = { commit: 45_000, walk: 30_000, opening: 12_000, challenge: 15_000 };

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

const oddValues: readonly Json[] = [
  null,
  true,
  0,
  -1,
  2 ** 53,
  1e308,
  '',
  'constructor',
  '__proto__',
  '\u0000',
  '\ud800',
  '2026-11-22T12:00:00Z',
  '9999-12-31T23:50:00Z',
  '-271821-04-20T00:00:00Z',
  'a'.repeat(64),
  'A'.repeat(64),
  'f'.repeat(128),
  'a'.repeat(100_000),
  [],
  [[[[]]]],
  {},
  { toString: 'x' },
];

/** One or several fields of a body changed, added, dropped or renamed. */
const mutated = (chance: Chance, body: Readonly<Record<string, unknown>>): Json => {
  const changed: Record<string, unknown> = { ...body };
  const names = Object.keys(body);
  for (let rest = 1 + chance.below(3); rest > 0; rest -= 1) {
    const name = names[chance.below(names.length)] ?? 'none';
    const odd = oddValues[chance.below(oddValues.length)] as Json;
    switch (chance.below(6)) {
      case 0:
        delete changed[name];
        break;
      case 1:
        changed[JSON.stringify(odd).slice(0, 20)] = odd;
        break;
      case 2:
        changed[name] = flippedText(chance, JSON.stringify(changed[name] ?? null));
        break;
      case 3:
        changed[name] = toHex(chance.bytes(32 * (1 + chance.below(2))));
        break;
      default:
        changed[name] = odd;
    }
  }
  return changed as Json;
};

const flippedText = (chance: Chance, text: string): string => {
  const at = chance.below(text.length + 1);
  return text.slice(0, at) + String.fromCharCode(chance.below(0x1_0000)) + text.slice(at + 1);
};

/** The text of a body: mostly JSON of a mutated one, sometimes cut, sometimes noise. */
const textOf = (chance: Chance, body: Readonly<Record<string, unknown>>): string | Uint8Array => {
  const text = JSON.stringify(mutated(chance, body));
  const kind = chance.below(20);
  if (kind === 0) return text.slice(0, chance.below(text.length));
  if (kind === 1) return flippedText(chance, text);
  if (kind === 2) return chance.bytes(chance.below(400));
  return kind === 3 ? JSON.stringify(oddValues[chance.below(oddValues.length)]) : text;
};

/** The function with every caller let in: what is fuzzed stands behind the door. */
const setup = async () => {
  const service = await proofsService();
  const machine = await service.addMachine(1);
  const { id: deviceId, organisationId } = machine.device;
  const device: Caller = { kind: 'device', deviceId, organisationId, device: machine.device };
  const key: Caller = { kind: 'key', organisationId, keyId: 'key_0', scopes: [] };
  const routes = proofRoutes.map((route) => {
    const caller = route.authentication === 'device' ? device : key;
    const handle = (needs: typeof service.needs, call: object) =>
      route.handle(needs, { ...call, caller } as never);
    return { ...route, authentication: 'public', handle } as Route<typeof service.needs>;
  });
  const serve = httpFunction(service.needs, routes, { keyMode: 'test' });
  let calls = 0;
  const send = (method: string, path: string, rawBody: string | Uint8Array) => {
    calls += 1;
    // Strangers are counted by address.
    const sourceIp = `10.${(calls >> 16) & 255}.${(calls >> 8) & 255}.${calls & 255}`;
    return callHttp(serve, { method, path, rawBody, sourceIp });
  };
  const challenge = await service.challenge(machine, aFullLoad());
  const prover = proverOf(machine, challenge);
  const source = { challenge_id: challenge.id };
  const commit = commitBody(machine, source, challenge.load.params, prover);
  const answer = await send('POST', '/v1/proofs', JSON.stringify(commit));
  const walk = walkBody(prover.walk(bytesOfHex(answer.body.walk_seed)));
  const light = await service.challenge(machine, aLoad());
  const lightProver = proverOf(machine, light);
  const lightCommit = commitBody(
    machine,
    { challenge_id: light.id },
    light.load.params,
    lightProver,
  );
  const lightAnswer = await send('POST', '/v1/proofs', JSON.stringify(lightCommit));
  return { ...service, send, commit, walk, id: answer.body.id, lightId: lightAnswer.body.id };
};

const proofsOf = (database: Awaited<ReturnType<typeof setup>>['runtime']['database']) =>
  database.all('proofs').filter(({ sk }) => sk.startsWith('PROOF#'));

/** Counts the answers by status and code, and holds every one to being no fault of ours. */
const tally = () => {
  const seen: Record<string, number> = {};
  const add = (answer: TestAnswer, body: string | Uint8Array): void => {
    const name = `${answer.status} ${answer.body.code ?? 'answered'}`;
    seen[name] = (seen[name] ?? 0) + 1;
    if (answer.status >= 500) {
      throw new Error(`${seed}: ${answer.status} for ${Buffer.from(body).toString('base64')}`);
    }
  };
  return { seen, add };
};

const show = (what: string, seen: Readonly<Record<string, number>>): void => {
  process.stdout.write(`${what} (seed "${seed}"): ${JSON.stringify(seen)}\n`);
};

describe('bodies of every kind', () => {
  it(`${counts.commit} commitments`, async () => {
    const { send, commit, runtime } = await setup();
    const chance = new Chance(`${seed} commit`);
    const { seen, add } = tally();
    for (let sent = 0; sent < counts.commit; sent += 1) {
      const body = textOf(chance, commit);
      add(await send('POST', '/v1/proofs', body), body);
    }
    show('commitments', seen);
    expect(seen['400 request.malformed']).toBeGreaterThan(counts.commit / 2);
    expect(seen['401 proof.signature_invalid']).toBeGreaterThan(0);
    expect(proofsOf(runtime.database).map(({ state }) => state)).toEqual([
      'committed',
      'committed',
    ]);
  });

  it(`${counts.walk} walks`, async () => {
    const { send, walk, id, lightId, runtime } = await setup();
    const chance = new Chance(`${seed} walk`);
    const { seen, add } = tally();
    const paths = [id, lightId, 'poc_x', `poc_${'0'.repeat(26)}`, '%00', '__proto__'];
    for (let sent = 0; sent < counts.walk; sent += 1) {
      const body = textOf(chance, walk);
      const which = chance.below(4) > 0 ? id : paths[chance.below(paths.length)];
      add(await send('POST', `/v1/proofs/${which}/walk`, body), body);
    }
    show('walks', seen);
    expect(seen['401 proof.signature_invalid']).toBeGreaterThan(0);
    const states = proofsOf(runtime.database).map(({ state }) => state);
    expect(states.every((state) => state === 'committed' || state === 'walked')).toBe(true);
  });

  it(`${counts.opening} openings`, async () => {
    const { send, walk, id, lightId, runtime } = await setup();
    await send('POST', `/v1/proofs/${id}/walk`, JSON.stringify(walk));
    const chance = new Chance(`${seed} opening`);
    const { seen, add } = tally();
    const before = runtime.database.all('proofs');
    const lengths = [openingBytesOf(aFullLoad().params), openingBytesOf(aLoad().params)];
    for (let sent = 0; sent < counts.opening; sent += 1) {
      const right = lengths[chance.below(2)] ?? 0;
      const length = chance.below(3) === 0 ? right : Math.max(0, right + chance.below(65) - 32);
      const body = sent % 50 === 0 ? chance.bytes(length) : new Uint8Array(length).fill(sent & 255);
      const which = chance.below(2) === 0 ? id : lightId;
      add(await send('PUT', `/v1/proofs/${which}/opening`, body), body);
      // Each verdict is given anew: the proofs stand again as they stood before.
      if (sent % 10 === 0) await restore(runtime.database, before);
    }
    show('openings', seen);
    expect(seen['422 proof.length']).toBeGreaterThan(counts.opening / 3);
    expect(seen['200 answered']).toBeGreaterThan(counts.opening / 100);
    const states = proofsOf(runtime.database).map(({ state }) => state);
    expect(states).not.toContain('passed');
  });

  it(`${counts.challenge} challenges`, async () => {
    const { send, runtime } = await setup();
    const chance = new Chance(`${seed} challenge`);
    const { seen, add } = tally();
    const before = runtime.database.all('proofs');
    for (let sent = 0; sent < counts.challenge; sent += 1) {
      const body = textOf(chance, { device_id: `dev_${'0'.repeat(25)}7` });
      add(await send('POST', '/v1/proofs/challenges', body), body);
    }
    show('challenges', seen);
    expect(seen['400 request.malformed']).toBeGreaterThan(counts.challenge / 2);
    expect(runtime.database.all('proofs')).toEqual(before);
  });
});

/** Writes these items again, whatever became of them. */
const restore = async (
  database: Awaited<ReturnType<typeof setup>>['runtime']['database'],
  items: ReturnType<typeof database.all>,
): Promise<void> => {
  for (const { pk, sk, ...attributes } of items) {
    if (!sk.startsWith('PROOF#') && !sk.startsWith('CHALLENGE')) continue;
    await database.write({
      kind: 'put',
      table: 'proofs',
      key: { pk, sk },
      attributes,
      condition: {},
    });
  }
};

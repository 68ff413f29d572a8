/**
 * One proof, from the agent to the platform's own endpoints and back, computed by the real prover at small
 * parameters: whatever is lost on the way, the same bytes come again and one proof comes of it.
 */
import { join } from 'node:path';
import { PlatformRefusal } from '../../../agent/platform/api-client.ts';
import { runProof } from '../../../agent/proofs/proof-flow.ts';
import { type Prover, ProverFailed } from '../../../agent/proofs/prover.ts';
import { createProverProcess } from '../../../agent/proofs/prover-process.ts';
import { agentFolder } from '../../../agent/proofs/provers.ts';
import { waitFor } from '../../../agent/runtime.ts';
import { present } from '../../../shared/core/assert.ts';
import { getChallenge } from '../../../shared/proofs/challenge-store.ts';
import { getProof } from '../../../shared/proofs/proof-store.ts';
import { isReceiptSigned } from '../../../shared/proofs/protocol/receipt.ts';
import { receiptKeysSchema } from '../../../shared/proofs/slot-schemas.ts';
import { aFullLoad, aLoad } from '../../proofs/builders.ts';
import { temporaryFolder } from '../support/folders.ts';
import { testRuntime } from '../support/runtime.ts';
import { openProofLine, type ProofLineOptions } from './support/proof-line.ts';
import { python } from './support/stand-in.ts';

let prover: Prover;
beforeAll(() => {
  const { runtime } = testRuntime({ wait: waitFor });
  const folder = join(temporaryFolder(), 'prover');
  prover = createProverProcess(runtime, {
    python,
    agentFolder,
    gpuIndex: null,
    threads: 1,
    folder,
  });
});
afterAll(() => prover.end());

const never = new AbortController().signal;
/** Quick enough for the loads of `builders.ts`, and not too quick. */
const pace = { beginMs: 4, walkMs: 100 };
const setup = async (options: Partial<ProofLineOptions> = {}) => {
  const line = await openProofLine({ prover, pace, ...options });
  const run = (order: Parameters<typeof runProof>[2]) =>
    runProof(line.runtime, line.tools, order, never);
  return { ...line, run };
};

it('passes a full proof, whose receipt anybody can check', async () => {
  const agent = await setup();
  const order = await agent.challenge(aFullLoad());
  const outcome = await agent.run(order);
  expect(outcome).toMatchObject({
    ...{ kind: 'judged', verdict: { verdict: 'passed', metrics: { gops: 1, pool_bytes: 8_192 } } },
  });
  const names = agent.messages().map(({ what }) => what);
  expect(names).toEqual(['POST proofs', 'POST walk', 'PUT opening']);
  const { verdict, proofId } = outcome as Extract<typeof outcome, { kind: 'judged' }>;
  expect(await getProof(agent.platform.database, agent.device.id, proofId)).toMatchObject({
    ...{ status: 'passed', sourceId: order.sourceId },
  });
  const keys = await agent.api.send({
    ...{ method: 'GET', path: '/v1/proofs/receipt-keys', isPublic: true },
    answer: receiptKeysSchema,
  });
  const published = Object.fromEntries(keys.keys.map((one) => [one.kid, one.public_key]));
  const receipt = present(verdict.receipt, 'no receipt');
  expect(isReceiptSigned(receipt, published)).toBe(true);
  expect(isReceiptSigned({ ...receipt, gops: receipt.gops + 1 }, published)).toBe(false);
});

it('passes a light proof in two messages', async () => {
  const agent = await setup();
  const outcome = await agent.run(await agent.challenge(aLoad()));
  expect(outcome).toMatchObject({ verdict: { verdict: 'passed', metrics: { mbps: null } } });
  expect(agent.messages().map(({ what }) => what)).toEqual(['POST proofs', 'PUT opening']);
});

it('tells a verdict that is not in its favour, with its reason', async () => {
  const agent = await setup({ pace: { beginMs: 60, walkMs: 100 } });
  const outcome = await agent.run(await agent.challenge(aFullLoad()));
  expect(outcome).toMatchObject({ verdict: { verdict: 'failed', reason: 'too_slow' } });
  expect(agent.lines.at(-1)).toMatchObject({ event: 'proof_failed', fields: { code: 'too_slow' } });
});

const phases = ['POST proofs', 'POST walk', 'PUT opening'];
const nameOf = (request: { method: string; url: URL }) =>
  `${request.method} ${request.url.pathname.split('/').at(-1)}`;

it.each(
  phases.flatMap((phase) => (['request', 'answer'] as const).map((lost) => [lost, phase] as const)),
)('passes although the %s of %s is lost twice', async (lost, phase) => {
  let losses = 2;
  const fateOf: ProofLineOptions['fateOf'] = (request) => {
    if (nameOf(request) !== phase || losses === 0) return 'arrives';
    losses -= 1;
    return lost;
  };
  // A lost commitment costs time; the load leaves enough of it.
  const agent = await setup({ fateOf });
  const order = await agent.challenge(aFullLoad({ reference: null }));
  const outcome = await agent.run(order);
  expect(outcome).toMatchObject({ kind: 'judged', verdict: { verdict: 'passed' } });
  const said = agent.messages();
  const again = said.filter(({ what }) => what === phase);
  expect(again).toHaveLength(3);
  expect(new Set(again.map(({ body }) => body)).size).toBe(1);
  expect(said).toHaveLength(phases.length + 2);
  const { status, proofId } = present(
    await getChallenge(agent.platform.database, order.sourceId),
    'no challenge',
  );
  expect({ status, proofId }).toEqual({
    ...{ status: 'passed', proofId: outcome.kind === 'judged' ? outcome.proofId : '' },
  });
});

it('gives up a platform that is silent for minutes', async () => {
  const agent = await setup({ fateOf: () => 'request' });
  const order = await agent.challenge(aFullLoad());
  const beganMs = agent.platform.clock.ms;
  expect(await agent.run(order)).toMatchObject({ kind: 'abandoned', code: 'no_answer' });
  expect(agent.platform.clock.ms - beganMs).toBeGreaterThanOrEqual(180_000);
  expect(agent.platform.clock.ms - beganMs).toBeLessThan(190_000);
});

it.each([
  ['other parameters', { params: { ...aFullLoad().params, R: 4 } }],
  ['another profile', { params: aLoad().params }],
])('begins anew with the right values when its assignment had %s', async (_, wrong) => {
  const agent = await setup();
  const order = await agent.challenge(aFullLoad({ reference: null }));
  const outcome = await agent.run({ ...order, ...wrong });
  expect(outcome).toMatchObject({ kind: 'judged', verdict: { verdict: 'passed' } });
  expect(agent.messages().map(({ what }) => what)).toEqual(['POST proofs', ...phases]);
  expect(agent.changes).toHaveLength(1);
});

it('begins anew when the platform has another claim of the processor', async () => {
  const agent = await setup();
  const order = await agent.challenge(aFullLoad({ reference: null }));
  const claim = { ...order.claim, memory_bytes: order.claim.memory_bytes + 1 };
  expect(await agent.run({ ...order, claim })).toMatchObject({
    ...{ kind: 'judged', verdict: { verdict: 'passed' } },
  });
});

it('begins anew only once', async () => {
  const agent = await setup();
  const order = await agent.challenge(aLoad());
  const { api } = agent.tools;
  let refusals = 0;
  const stubborn: typeof api = {
    ...api,
    send: async (request) => {
      if (request.path !== '/v1/proofs') return api.send(request);
      refusals += 1;
      const { profile } = order.params;
      const right = { profile, params: order.params, params_hash: 'a1'.repeat(32) };
      const problem = { ...right, claim: order.claim, claim_hash: 'a1'.repeat(32) };
      const words = { detail: 'Changed.', suggestion: '' };
      throw new PlatformRefusal(409, 'proof.assignment_changed', words, problem);
    },
  };
  const tools = { ...agent.tools, api: stubborn };
  const outcome = await runProof(agent.runtime, tools, order, never);
  expect(outcome).toMatchObject({ kind: 'abandoned', code: 'proof.assignment_changed' });
  expect(refusals).toBe(2);
});

it.each([
  ['proof.too_late', 12_000, {}],
  ['proof.unknown_challenge', 0, { sourceId: 'chl_01KA0ZZ9ZZ8Y7X6W5V4T3S2R1Q' }],
  ['proof.unknown_processor', 0, { processorId: 'prc_01KA0ZZ9ZZ8Y7X6W5V4T3S2R1Q' }],
])('abandons what is refused with %s, and asks once', async (code, lateMs, changes) => {
  const agent = await setup();
  const order = await agent.challenge(aLoad());
  agent.platform.clock.ms += lateMs;
  expect(await agent.run({ ...order, ...changes })).toMatchObject({ kind: 'abandoned', code });
  expect(agent.messages()).toHaveLength(1);
  expect(agent.lines.at(-1)).toMatchObject({ event: 'proof_abandoned', fields: { code } });
});

describe('a prover', () => {
  /** The real prover, killed in front of the call of this name, once. */
  const killedBefore = (call: 'walk' | 'open') => {
    const { runtime } = testRuntime({ wait: waitFor });
    const make = () => {
      const folder = join(temporaryFolder(), 'prover');
      const options = { python, agentFolder, gpuIndex: null, threads: 1, folder };
      return createProverProcess(runtime, options);
    };
    let current = make();
    let kills = 0;
    const die = (): void => {
      if (kills > 0) return;
      kills += 1;
      current.end();
      current = make();
      throw new ProverFailed('The prover ended: SIGKILL.', true);
    };
    const wrapped: Prover = {
      begin: (...given) => current.begin(...given),
      walk: async (...given) => {
        if (call === 'walk') die();
        return current.walk(...given);
      },
      open: async (...given) => {
        if (call === 'open') die();
        return current.open(...given);
      },
      drop: () => current.drop(),
      selfTest: () => current.selfTest(),
      isRunning: () => current.isRunning(),
      end: () => current.end(),
    };
    return wrapped;
  };

  it.each(['walk', 'open'] as const)(
    'may die before its %s, and the proof passes',
    async (call) => {
      const mortal = killedBefore(call);
      const agent = await setup({ prover: mortal });
      const outcome = await agent.run(await agent.challenge(aFullLoad({ reference: null })));
      mortal.end();
      expect(outcome).toMatchObject({ kind: 'judged', verdict: { verdict: 'passed' } });
      expect(agent.messages().map(({ what }) => what)).toEqual(phases);
    },
  );

  it('that cannot compute says so, and nothing is sent', async () => {
    const agent = await setup();
    const failing = { ...prover, begin: async () => Promise.reject(new ProverFailed('no', false)) };
    const tools = { ...agent.tools, prover: failing };
    const outcome = await runProof(agent.runtime, tools, await agent.challenge(aLoad()), never);
    expect(outcome).toEqual({ kind: 'abandoned', code: 'prover_failed', reason: 'no' });
    expect(agent.messages()).toEqual([]);
  });

  it('gives its memory back, however the proof ended', async () => {
    const dropped: string[] = [];
    const counting = { ...prover, drop: async () => void dropped.push('dropped') };
    const agent = await setup({ prover: counting });
    await agent.run(await agent.challenge(aLoad()));
    expect(dropped).toHaveLength(1);
    const order = await agent.challenge(aLoad());
    agent.platform.clock.ms += 60_000;
    await agent.run(order);
    expect(dropped).toHaveLength(2);
  });
});

it('logs ids and figures, and no secret', async () => {
  const agent = await setup();
  const order = await agent.challenge(aFullLoad());
  await agent.run(order);
  const events = agent.lines.map(({ event }) => event);
  expect(events).toEqual(['proof_started', 'proof_committed', 'proof_passed']);
  const text = JSON.stringify(agent.lines);
  expect(text).toContain(order.sourceId);
  expect(text).not.toContain(Buffer.from(order.sourceSeed).toString('hex'));
  expect(text).not.toContain(agent.key.privateKeyPem.split('\n')[1]);
});

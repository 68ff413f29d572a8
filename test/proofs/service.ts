/** The proofs function with tenants, machines that sign, and honest provers on them. */
import { createPrivateKey } from 'node:crypto';
import { httpFunction } from '../../functions/kit/http.ts';
import { issueChallenges } from '../../functions/proofs/issue-challenges.ts';
import { proofRoutes } from '../../functions/proofs/routes.ts';
import { signatureHeaders } from '../../shared/core/http-signature.ts';
import type { Device } from '../../shared/devices/device.ts';
import type { Challenge } from '../../shared/proofs/challenge.ts';
import { type Processor, processorsOf } from '../../shared/proofs/processor.ts';
import type { ProofLoad } from '../../shared/proofs/proof.ts';
import { bytesOfHex, toHex } from '../../shared/proofs/protocol/bytes.ts';
import { claimHashOf } from '../../shared/proofs/protocol/claim.ts';
import {
  hasWalk,
  type ProofParams,
  paramsHashOf,
} from '../../shared/proofs/protocol/parameters.ts';
import { typescriptEngine } from '../../shared/proofs/protocol/typescript-engine.ts';
import type { ChallengePurpose } from '../../shared/proofs/schemas.ts';
import { aDevice, addDevice } from '../devices/builders.ts';
import { callHttp, type TestRequest, testHost } from '../support/http.ts';
import { makeKey, makeOrganisation } from '../support/identity.ts';
import { type TestDevice, testDevice } from '../support/proofs/device.ts';
import { Prover, type Tricks, type Walked } from '../support/proofs/prover.ts';
import { type TestRuntime, testRuntime } from '../support/runtime.ts';

const pemOf = (seed: Uint8Array): string =>
  createPrivateKey({
    key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]),
    format: 'der',
    type: 'pkcs8',
  })
    .export({ format: 'pem', type: 'pkcs8' })
    .toString();

/** What a device is before its proofs. */
const unproved: Partial<Device> = { provedAtMs: null, provedGops: null };

/** What the function needs, with nothing outside the platform called. */
export const proofNeeds = (runtime: TestRuntime) => {
  const transcripts = new Map<string, string>();
  const woken: string[] = [];
  const secret: { current: string; previous: string | undefined } = {
    current: 'the first secret',
    previous: undefined,
  };
  const needs = {
    ...runtime,
    engine: typescriptEngine,
    workflows: {
      wake: async (taskToken: string) => {
        woken.push(taskToken);
      },
    },
    receiptSecretArn: 'arn:secret',
    secrets: { read: async () => secret.current, readPrevious: async () => secret.previous },
    transcripts: {
      put: async (name: string, text: string) => {
        transcripts.set(name, text);
      },
    },
  };
  return { needs, transcripts, secret, woken };
};

/** A machine: its device as stored, its key, and its first processor. */
export interface Machine {
  readonly device: Device;
  readonly key: TestDevice;
  readonly processor: Processor;
}

export interface ChallengeOptions {
  readonly purpose?: ChallengePurpose;
  readonly wholeGroup?: boolean;
  readonly round?: string;
}

/** The function and all around it; nothing is shared between two. */
export const proofsService = async () => {
  const runtime = testRuntime('proofs');
  const { needs, transcripts, secret, woken } = proofNeeds(runtime);
  const serve = httpFunction(needs, proofRoutes, { keyMode: 'test' });
  const organisationId = await makeOrganisation(runtime);
  const key = await makeKey(runtime, organisationId);
  const strangerId = await makeOrganisation(runtime, 'Stranger');
  const stranger = await makeKey(runtime, strangerId);
  const operator = await makeKey(runtime, await makeOrganisation(runtime, 'Operator'), 'operator');

  let nonces = 0;
  /** A request signed by the machine; `changes` override what is sent after it was signed. */
  const send = (
    machine: Machine,
    method: string,
    path: string,
    body?: object | Uint8Array,
    changes: Partial<TestRequest> = {},
  ) => {
    nonces += 1;
    const rawBody = body instanceof Uint8Array ? body : body ? JSON.stringify(body) : '';
    const headers = signatureHeaders(
      { method, authority: testHost, path, body: rawBody },
      { privateKeyPem: pemOf(machine.key.keySeed), keyid: machine.device.id },
      { nowMs: runtime.clock.ms, nonce: `nonce-of-the-test-${nonces}` },
    );
    const sent = body === undefined ? {} : { rawBody };
    return callHttp(serve, { method, path, headers, ...sent, ...changes });
  };

  const addMachine = async (number: number, changes: Partial<Device> = {}): Promise<Machine> => {
    const named = testDevice(`machine ${number}`);
    const publicKey = Buffer.from(named.publicKey).toString('base64');
    const device = aDevice(number, { organisationId, publicKey, ...unproved, ...changes });
    await addDevice(runtime, device);
    const [processor] = processorsOf(device);
    if (!processor) throw new Error('a device without a processor');
    return { device, key: { ...named, claim: processor.claim }, processor };
  };

  /** A challenge of this load, issued now. */
  const challenge = async (
    { device, processor }: Machine,
    load: ProofLoad,
    { purpose = 'recheck', wholeGroup = false, ...named }: ChallengeOptions = {},
  ): Promise<Challenge> => {
    const processors = [{ device, processor, load }];
    const [issued] = await issueChallenges(runtime, { purpose, processors, wholeGroup, ...named });
    if (!issued) throw new Error('nothing was issued');
    return issued;
  };

  return {
    runtime,
    needs,
    transcripts,
    secret,
    woken,
    organisationId,
    strangerId,
    key,
    stranger,
    operator,
    send,
    addMachine,
    challenge,
    call: (request: TestRequest) => callHttp(serve, { key, ...request }),
    /** As anybody. */
    ask: (path: string, more: Partial<TestRequest> = {}) =>
      callHttp(serve, { method: 'GET', path, ...more }),
  };
};

export type ProofsService = Awaited<ReturnType<typeof proofsService>>;

/** The prover of a challenge, at work. */
export const proverOf = ({ key }: Machine, challenge: Challenge, tricks: Tricks = {}): Prover =>
  new Prover(
    {
      sourceId: challenge.id,
      sourceSeed: bytesOfHex(challenge.secret),
      device: key,
      params: challenge.load.params,
    },
    tricks,
  );

/** The body with which a processor commits. */
export const commitBody = (
  { processor }: Machine,
  source: { readonly slot: string } | { readonly challenge_id: string },
  params: ProofParams,
  committed: { readonly h1: Uint8Array; readonly h1Signature: Uint8Array },
) => ({
  ...source,
  processor_id: processor.id,
  profile: params.profile,
  params_hash: toHex(paramsHashOf(params)),
  claim_hash: toHex(claimHashOf(processor.claim)),
  h1: toHex(committed.h1),
  signature: toHex(committed.h1Signature),
});

export const walkBody = (walked: Walked) => ({
  lane_root: toHex(walked.commitment.laneRoot),
  signature: toHex(walked.h2Signature),
});

/** How long a machine takes for its phases, in milliseconds. */
export interface Pace {
  readonly commitMs?: number;
  readonly walkMs?: number;
}

/** Commits, and walks where there is a walk; answers what is left to open. */
export const upToOpening = async (
  service: ProofsService,
  machine: Machine,
  challenge: Challenge,
  { commitMs = 4, walkMs = 100 }: Pace = {},
  tricks: Tricks = {},
) => {
  const { params } = challenge.load;
  const prover = proverOf(machine, challenge, tricks);
  service.runtime.clock.ms += commitMs;
  const body = commitBody(machine, { challenge_id: challenge.id }, params, prover);
  const committed = await service.send(machine, 'POST', '/v1/proofs', body);
  if (committed.status !== 200) throw new Error(`commit: ${JSON.stringify(committed.body)}`);
  const { id, walk_seed, sample_seed } = committed.body;
  const opening = (walked: Walked | null, seed: string): Uint8Array =>
    Buffer.concat(prover.sections(bytesOfHex(seed), walked));
  const path = `/v1/proofs/${id}/opening`;
  if (!hasWalk(params))
    return { id, path, prover, commit: body, bytes: opening(null, sample_seed) };
  const walked = prover.walk(bytesOfHex(walk_seed));
  service.runtime.clock.ms += walkMs;
  const walk = walkBody(walked);
  const answer = await service.send(machine, 'POST', `/v1/proofs/${id}/walk`, walk);
  if (answer.status !== 200) throw new Error(`walk: ${JSON.stringify(answer.body)}`);
  const bytes = opening(walked, answer.body.sample_seed);
  return { id, path, prover, commit: body, walk, bytes };
};

/** A whole proof from its challenge to its verdict. */
export const prove = async (
  service: ProofsService,
  machine: Machine,
  challenge: Challenge,
  pace: Pace = {},
  tricks: Tricks = {},
) => {
  const ready = await upToOpening(service, machine, challenge, pace, tricks);
  const answer = await service.send(machine, 'PUT', ready.path, ready.bytes);
  return { ...ready, answer };
};

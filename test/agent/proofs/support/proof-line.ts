/**
 * An agent that proves itself to the platform's real endpoints, on a line that a test may cut. The platform's
 * clock stands still but for what the line and the prover take, so that times are what the test says.
 */

import { createPrivateKey, sign } from 'node:crypto';
import type { WireRequest } from '../../../../agent/platform/transport.ts';
import type { ProofOrder, ProofTools } from '../../../../agent/proofs/proof-flow.ts';
import type { Prover } from '../../../../agent/proofs/prover.ts';
import { httpFunction } from '../../../../functions/kit/http.ts';
import { issueChallenges } from '../../../../functions/proofs/issue-challenges.ts';
import { proofRoutes } from '../../../../functions/proofs/routes.ts';
import { listCommands } from '../../../../shared/clusters/command-store.ts';
import { present } from '../../../../shared/core/assert.ts';
import type { Device } from '../../../../shared/devices/device.ts';
import { type Processor, processorsOf } from '../../../../shared/proofs/processor.ts';
import type { ProofLoad } from '../../../../shared/proofs/proof.ts';
import { bytesOfHex } from '../../../../shared/proofs/protocol/bytes.ts';
import { aDevice, addDevice, machineKey } from '../../../devices/builders.ts';
import { proofNeeds } from '../../../proofs/service.ts';
import { makeOrganisation } from '../../../support/identity.ts';
import { testRuntime } from '../../../support/runtime.ts';
import { type Fate, openLine } from '../../support/platform-line.ts';

/** What the prover takes, in milliseconds of the platform's clock. */
export interface Pace {
  readonly beginMs: number;
  readonly walkMs: number;
}

/** The same prover, for whose work the platform's clock moves. */
const timed = (prover: Prover, pace: Pace, pass: (ms: number) => void): Prover => ({
  ...prover,
  begin: async (...given) => {
    const roots = await prover.begin(...given);
    pass(pace.beginMs);
    return roots;
  },
  walk: async (...given) => {
    const root = await prover.walk(...given);
    pass(pace.walkMs);
    return root;
  },
});

export interface ProofLineOptions {
  readonly prover: Prover;
  readonly pace?: Pace;
  readonly fateOf?: (request: WireRequest) => Fate;
  readonly device?: Partial<Device>;
}

export const openProofLine = async ({ prover, pace, fateOf, ...more }: ProofLineOptions) => {
  const platform = testRuntime('proofs of an agent');
  const { needs } = proofNeeds(platform);
  const key = machineKey();
  const organisationId = await makeOrganisation(platform);
  const fields = {
    organisationId,
    publicKey: key.publicKey,
    provedAtMs: null,
    provedGops: null,
    ...more.device,
  };
  const device = await addDevice(platform, aDevice(1, fields));
  const [first] = processorsOf(device);
  const processor: Processor = present(first, 'a device without a processor');
  const line = openLine({
    platform,
    serve: httpFunction(needs, proofRoutes, { keyMode: 'test' }),
    identity: { keyid: device.id, privateKeyPem: key.privateKeyPem },
    latencyMs: 0,
    ...(fateOf ? { fateOf } : {}),
  });
  const privateKey = createPrivateKey(key.privateKeyPem);
  const changes: string[] = [];
  const pass = (ms: number) => {
    platform.clock.ms += ms;
  };
  const tools: ProofTools = {
    api: line.api,
    prover: pace ? timed(prover, pace, pass) : prover,
    devicePub: Buffer.from(key.publicKey, 'base64'),
    sign: (digest) => sign(null, digest, privateKey),
    onChanged: () => changes.push('changed'),
  };

  /** A challenge as its command tells it. */
  const challenge = async (load: ProofLoad): Promise<ProofOrder> => {
    const processors = [{ device, processor, load }];
    const [issued] = await issueChallenges(platform, { purpose: 'recheck', processors });
    const commands = await listCommands(platform.database, device.id);
    const found = commands.find((one) => one.kind === 'prove' && one.challenge_id === issued?.id);
    const command = present(found?.kind === 'prove' ? found : undefined, 'no command');
    return {
      purpose: command.purpose,
      sourceId: command.challenge_id,
      sourceSeed: bytesOfHex(command.challenge),
      processorId: command.processor_id,
      claim: command.claim,
      params: command.params,
      commitWithinMs: command.commit_within_ms,
    };
  };
  /** Method and last part of the path of each message, and its body in hex. */
  const messages = () =>
    line.sent.map(({ method, url, body }) => ({
      what: `${method} ${url.pathname.split('/').at(-1)}`,
      body: Buffer.from(body).toString('hex'),
    }));
  return { ...line, platform, device, processor, key, tools, challenge, messages, changes };
};

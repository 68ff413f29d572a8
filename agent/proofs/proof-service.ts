/**
 * Proof of Compute on this device: follows the slots, answers challenges, tests the line, and puts each proof
 * in its turn. A challenge that is overdue, and a slot's proof that would begin too late, are left alone.
 */
import { createPrivateKey, sign } from 'node:crypto';
import type { ProveCommand, TestSpeedCommand } from '../../shared/clusters/agent-protocol.ts';
import { isoOf } from '../../shared/core/time.ts';
import { bytesOfHex } from '../../shared/proofs/protocol/bytes.ts';
import { inBackground } from '../background.ts';
import { type ApiClient, PlatformRefusal } from '../platform/api-client.ts';
import { runSpeedTest } from '../platform/speed-test.ts';
import { messageOf } from '../problem.ts';
import type { AgentRuntime } from '../runtime.ts';
import type { DeviceKey } from '../state/device-key.ts';
import { keepProof } from '../state/proof-log.ts';
import { namesOf, type ProofOrder, type ProofOutcome, runProof } from './proof-flow.ts';
import { createProofWork } from './proof-work.ts';
import type { Provers } from './provers.ts';
import { lateMsMax, runSlotLoop, type SlotLoop } from './slot-loop.ts';
import type { SlotCallOfProcessor, SlotDocument } from './slot-plan.ts';

/** Nobody waits longer for the rounds of a slot's proof; the platform's own limit is nearer. */
const slotCommitMs = 180_000;
/** A speed test takes no longer on any line that can be hired, milliseconds. */
const speedTestMs = 20_000;

export interface ProofServiceOptions {
  readonly api: ApiClient;
  /** Has one connection, for speed tests alone. */
  readonly speedApi: ApiClient;
  readonly key: DeviceKey;
  readonly provers: Provers;
  /** Whether a node runs here. */
  readonly hasNode: () => boolean;
}

export interface ProofService {
  /** Settles when the challenge's proof has ended, however; rejects when the agent ended before it. */
  prove(command: ProveCommand): Promise<void>;
  /** Settles when the line was tested, or could not be; rejects when the agent ended before it. */
  testSpeed(command: TestSpeedCommand): Promise<void>;
  /** Settles when nothing is to be proved on the CPU: a Ray node that starts meanwhile would slow it down. */
  whenCpuIdle(): Promise<void>;
  /** The device's hire may have changed: before the next slot the platform is asked how it stands. */
  hireChanged(): void;
  readonly ended: Promise<void>;
}

/** What is kept of a proof beside its outcome. */
interface Asked {
  readonly order: ProofOrder;
  readonly gpuIndex: number | null;
}

/** Runs until `signal` aborts; the provers end with it. */
export const runProofService = (
  runtime: AgentRuntime,
  options: ProofServiceOptions,
  signal: AbortSignal,
): ProofService => {
  const { api, provers } = options;
  const work = createProofWork(runtime);
  const privateKey = createPrivateKey(options.key.privateKeyPem);
  const signDigest = (digest: Uint8Array): Uint8Array => sign(null, digest, privateKey);
  const devicePub = Buffer.from(options.key.publicKey, 'base64');
  let lastSpeedTest: Promise<void> = Promise.resolve();

  const onChanged = () => inBackground(runtime.log, 'assignment', slots.refresh());

  const keep = ({ order, gpuIndex }: Asked, outcome: ProofOutcome): void => {
    const judged = outcome.kind === 'judged' ? outcome.verdict : undefined;
    keepProof(runtime.stateFolder, {
      processor_id: order.processorId,
      gpu_index: gpuIndex,
      model: order.claim.model,
      purpose: order.purpose,
      source_id: order.sourceId,
      profile: order.params.profile,
      at: isoOf(runtime.clock.nowMs()),
      proof_id: outcome.kind === 'judged' ? outcome.proofId : null,
      outcome: judged?.verdict ?? 'abandoned',
      reason: outcome.kind === 'judged' ? (judged?.reason ?? null) : outcome.code,
      gops: judged?.metrics?.gops ?? null,
      mbps: judged?.metrics?.mbps ?? null,
      pool_bytes: judged?.metrics?.pool_bytes ?? null,
      receipt: judged?.receipt ?? null,
    });
  };

  /** What the agent had no time for is asked of the next one again. */
  const requireAlive = (): void => {
    if (signal.aborted) throw new Error('The agent is ending.');
  };

  /** One proof in its processor's turn, unless its time is over by then. */
  const run = (asked: Asked, beginBeforeMs: number): Promise<void> =>
    work.inTurn(asked.gpuIndex, async () => {
      const nowMs = api.serverClock.nowMs();
      requireAlive();
      if (nowMs !== undefined && nowMs >= beginBeforeMs) {
        runtime.log.warn('proof_overdue', namesOf(asked.order));
        return;
      }
      const prover = provers.of(asked.gpuIndex);
      const tools = { api, prover, devicePub, sign: signDigest, onChanged };
      const outcome = await runProof(runtime, tools, asked.order, signal);
      if (outcome.kind === 'abandoned') requireAlive();
      // A full pass may have raised the reference, and with it every load.
      if (asked.order.params.profile === 2) slots.doubt();
      keep(asked, outcome);
    });

  const onCalls = (slot: SlotDocument, calls: readonly SlotCallOfProcessor[]): void => {
    for (const { processor, work: load } of calls) {
      const order: ProofOrder = {
        purpose: 'slot',
        sourceId: slot.id,
        sourceSeed: bytesOfHex(slot.seed),
        processorId: processor.processor_id,
        claim: processor.claim,
        params: load.params,
        commitWithinMs: slotCommitMs,
      };
      const asked = { order, gpuIndex: processor.gpu_index };
      inBackground(runtime.log, 'slot_proof', run(asked, Date.parse(slot.opens_at) + lateMsMax));
    }
  };

  const slots: SlotLoop = runSlotLoop(
    runtime,
    {
      api,
      hasNode: options.hasNode,
      onCalls,
      onExpecting: ({ processors }) => {
        for (const { gpu_index } of processors) provers.prepare(gpu_index);
      },
    },
    signal,
  );
  signal.addEventListener('abort', () => provers.end(), { once: true });

  /** Settles when nothing is being proved, and no slot is near that could ask for it. */
  const whenQuiet = async (): Promise<void> => {
    await work.whenIdle();
    while (!signal.aborted && slots.quietMs() < speedTestMs) {
      await runtime.wait(slots.quietMs() + lateMsMax, signal);
      await work.whenIdle();
    }
  };

  const testSpeedNow = async (command: TestSpeedCommand): Promise<void> => {
    await whenQuiet();
    requireAlive();
    const ids = { command_id: command.command_id };
    try {
      const result = await runSpeedTest(runtime, options.speedApi, command, signal);
      runtime.log.info('speed_tested', {
        ...ids,
        ...(result ? { code: `tier_${result.tier}` } : {}),
      });
    } catch (thrown) {
      requireAlive();
      const code = thrown instanceof PlatformRefusal ? { code: thrown.code } : {};
      runtime.log.warn('speed_not_tested', { ...ids, ...code, reason: messageOf(thrown) });
    }
  };

  return {
    prove: (command) => {
      const issuedAtMs = Date.parse(command.issued_at);
      const order: ProofOrder = {
        purpose: command.purpose,
        sourceId: command.challenge_id,
        sourceSeed: bytesOfHex(command.challenge),
        processorId: command.processor_id,
        claim: command.claim,
        params: command.params,
        commitWithinMs: command.commit_within_ms,
      };
      return run({ order, gpuIndex: command.gpu_index }, issuedAtMs + command.commit_within_ms);
    },
    testSpeed: (command) => {
      const mine = lastSpeedTest.then(() => testSpeedNow(command));
      lastSpeedTest = mine.catch(() => undefined);
      return mine;
    },
    whenCpuIdle: () => work.whenIdle(null),
    hireChanged: () => slots.doubt(),
    ended: slots.ended,
  };
};

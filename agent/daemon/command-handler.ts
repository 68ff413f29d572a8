/**
 * Executes commands. Each is done once, however often and in whatever order it arrives: a command
 * that was answered or is under way is ignored, and a start is idempotent by its node's id.
 */
import type {
  Command,
  NodeReport,
  StartNodeCommand,
  TestRayCommand,
} from '../../shared/clusters/agent-protocol.ts';
import { unreachable } from '../../shared/core/assert.ts';
import { inBackground } from '../background.ts';
import type { RayVersions } from '../hardware/ray-installation.ts';
import type { Reporter } from '../platform/reporter.ts';
import { messageOf } from '../problem.ts';
import type { ProofService } from '../proofs/proof-service.ts';
import type { NodeDriver } from '../ray/node-driver.ts';
import { runTestStart } from '../ray/test-start.ts';
import type { AgentRuntime } from '../runtime.ts';
import type { AnsweredCommands, DeviceState } from '../state/device-state.ts';
import { type NodeManager, nodeReport } from './node-manager.ts';
import { reachedPeers } from './peers.ts';

export interface CommandHandlerOptions {
  readonly device: DeviceState;
  readonly driver: NodeDriver;
  readonly manager: NodeManager;
  readonly reporter: Reporter;
  readonly answered: AnsweredCommands;
  readonly proofs: Pick<ProofService, 'prove' | 'testSpeed' | 'whenCpuIdle'>;
  /** The installed versions; undefined when Ray cannot be found. */
  readonly ray: RayVersions | undefined;
}

/** Takes commands; returns at once, the work goes on behind. */
export type CommandHandler = (commands: readonly Command[]) => void;

type NodeCommand = Extract<Command, { node_id: string }>;
type Refusal = { readonly reason: NonNullable<NodeReport['reason_code']>; readonly detail: string };

export const createCommandHandler = (
  runtime: AgentRuntime,
  options: CommandHandlerOptions,
): CommandHandler => {
  const { device, driver, manager, reporter, proofs } = options;
  const underWay = new Set<string>();
  // Starts are decided one after the other, so that two clusters never both find the device free.
  let lastStart: Promise<void> = Promise.resolve();

  const answerFor = (command: NodeCommand, change: Parameters<typeof nodeReport>[2]) => {
    const role = command.kind === 'start_node' ? command.role : 'worker';
    const record = { ...command, role, address: device.address };
    return reporter.sendInOrder(nodeReport(record, undefined, change));
  };

  const decideStart = (command: StartNodeCommand): Refusal | undefined => {
    if (manager.isBusyFor(command.cluster_id)) {
      return { reason: 'busy', detail: 'A node of another cluster runs on this device.' };
    }
    if (command.ray_version !== options.ray?.ray) {
      const installed = options.ray ? `Ray ${options.ray.ray}` : 'no usable Ray';
      const detail = `${command.ray_version} is wanted; the device has ${installed}.`;
      return { reason: 'ray_version_missing', detail };
    }
    return undefined;
  };

  const launch = async (command: StartNodeCommand) =>
    driver.launch(
      {
        purpose: 'cluster',
        node_id: command.node_id,
        cluster_id: command.cluster_id,
        command_id: command.command_id,
        role: command.role,
        address: device.address,
        head: command.head,
        cpus: command.cpus,
        gpus: command.gpus,
        gpu_indexes: command.gpu_indexes,
        ray_executable: device.ray_executable,
        auth_token: command.auth_token,
        ports: device.ports,
        proof_consent: command.proof_consent,
      },
      command.stop_after_seconds,
    );

  const startNode = async (command: StartNodeCommand): Promise<void> => {
    // Under watch already: its own reports, repeated until answered, are the answer.
    if (manager.has(command.node_id)) return;
    // What is being proved on the CPU, at hire for example, is not slowed down by a node that starts.
    await Promise.all([manager.whenStopped(), proofs.whenCpuIdle()]);
    const refusal = decideStart(command);
    if (refusal) {
      runtime.log.warn('start_refused', { node_id: command.node_id, reason: refusal.reason });
      await answerFor(command, {
        state: 'refused',
        reason_code: refusal.reason,
        detail: refusal.detail,
      });
      return;
    }
    const launched = await launch(command);
    const view = driver.view(command.node_id);
    if (launched.outcome === 'refused' || !view) {
      const reason_code = launched.outcome === 'refused' ? launched.reasonCode : 'ray_start_failed';
      const detail = launched.outcome === 'refused' ? launched.detail : null;
      runtime.log.warn('start_refused', { node_id: command.node_id, reason: reason_code });
      await answerFor(command, { state: 'refused', reason_code, detail });
      return;
    }
    const { firstPort } = launched;
    runtime.log.info('node_launched', {
      node_id: command.node_id,
      cluster_id: command.cluster_id,
      first_port: firstPort,
    });
    const record = { ...command, address: device.address };
    const accepted = reporter.sendInOrder(nodeReport(record, firstPort, { state: 'accepted' }));
    manager.watch(view);
    const obeyed = accepted.then((answer) =>
      answer === 'stop' ? manager.stop(command.node_id) : undefined,
    );
    inBackground(runtime.log, 'accepted_report', obeyed);
  };

  const startInTurn = (command: StartNodeCommand): Promise<void> => {
    const mine = lastStart.then(() => startNode(command));
    lastStart = mine.catch(() => undefined);
    return mine;
  };

  const keepNode = async (command: Extract<Command, { kind: 'keep_node' }>): Promise<void> => {
    if (!driver.view(command.node_id)?.running) {
      const detail = 'There is no such node on this device.';
      await answerFor(command, { state: 'exited', reason_code: 'ray_exited', detail });
      return;
    }
    driver.keep(command.node_id, command.stop_after_seconds);
    const answer = await answerFor(command, { state: 'kept' });
    if (answer === 'stop') await manager.stop(command.node_id);
  };

  const stopNode = async (command: Extract<Command, { kind: 'stop_node' }>): Promise<void> => {
    // A start of the same node that is still being decided must not slip through behind us.
    await lastStart;
    const isWatched = manager.has(command.node_id);
    const isReported = isWatched && driver.view(command.node_id)?.record.kind === 'valid';
    if (isWatched) await manager.stop(command.node_id, command.command_id);
    else if (driver.view(command.node_id)) await driver.stop(command.node_id);
    // A node that nobody watches, or whose record is corrupted, has no report of its own.
    if (!isReported) await answerFor(command, { state: 'stopped' });
  };

  const testRay = async (command: TestRayCommand): Promise<void> => {
    await proofs.whenCpuIdle();
    const startedMs = runtime.monotonicMs();
    const { address, ports, ray_executable } = device;
    const own = { public_id: device.device.public_id, address, port: device.agent_port };
    const [outcome, reached, self] = await Promise.all([
      runTestStart(runtime, driver, {
        address,
        ports,
        ray_executable,
        command_id: command.command_id,
      }),
      reachedPeers(command.peers),
      reachedPeers([own]),
    ]);
    const seconds = (runtime.monotonicMs() - startedMs) / 1_000;
    runtime.log.info('ray_tested', { seconds, code: outcome.passed ? 'passed' : 'failed' });
    await reporter.send({
      kind: 'test',
      command_id: command.command_id,
      passed: outcome.passed,
      seconds: Math.min(3_600, Math.max(0, seconds)),
      ray_version: options.ray?.ray ?? null,
      python_version: options.ray?.python ?? null,
      address_reachable: self.length === 1,
      peers_reached: [...reached],
      detail: outcome.detail?.slice(0, 500) ?? null,
    });
  };

  const execute = (command: Command): Promise<void> => {
    switch (command.kind) {
      case 'start_node':
        return startInTurn(command);
      case 'keep_node':
        return keepNode(command);
      case 'stop_node':
        return stopNode(command);
      case 'test_ray':
        return testRay(command);
      case 'test_speed':
        return proofs.testSpeed(command);
      case 'prove':
        return proofs.prove(command);
      default:
        return unreachable(command, 'an unknown command');
    }
  };

  const handle = async (command: Command): Promise<void> => {
    const ids = { command_id: command.command_id, kind: command.kind };
    runtime.log.info('command_received', ids);
    try {
      await execute(command);
      options.answered.add(command.command_id);
    } catch (thrown) {
      // Not marked as answered: the platform sends it again with the next fetch.
      runtime.log.error('command_failed', { ...ids, reason: messageOf(thrown) });
    } finally {
      underWay.delete(command.command_id);
    }
  };

  return (commands) => {
    for (const command of commands) {
      const id = command.command_id;
      if (options.answered.has(id) || underWay.has(id)) continue;
      underWay.add(id);
      inBackground(runtime.log, 'command', handle(command));
    }
  };
};

/** A platform whose hour is over: devices with all that closing it asks for, and the workflow as it is written. */
import type { EpochOutcome } from '../../../functions/rewards/close/epoch-step.ts';
import { closeSteps } from '../../../functions/rewards/close/steps.ts';
import type { TaskState } from '../../../infra/constructs/workflow-states.ts';
import { closeEpoch } from '../../../infra/stacks/close-epoch.workflow.ts';
import { assert, present } from '../../../shared/core/assert.ts';
import type { Write } from '../../../shared/core/database.ts';
import type { Id } from '../../../shared/core/ids.ts';
import type { ObjectPort } from '../../../shared/core/objects.ts';
import { dayMs, hourMs, minuteMs } from '../../../shared/core/time.ts';
import type { Device } from '../../../shared/devices/device.ts';
import { firstPresence, type Presence } from '../../../shared/devices/presence.ts';
import { putWallet } from '../../../shared/identity/wallet-store.ts';
import { checkInvariants } from '../../../shared/ledger/invariants.ts';
import { balanceKey } from '../../../shared/ledger/keys.ts';
import { scanLedger } from '../../../shared/ledger/ledger-store.ts';
import type { GateReason } from '../../../shared/proofs/gate.ts';
import { putGate } from '../../../shared/proofs/gate-store.ts';
import { putJudgedHour } from '../../../shared/proofs/judging-store.ts';
import { firstPlace } from '../../../shared/proofs/place.ts';
import { putPlace } from '../../../shared/proofs/place-store.ts';
import { processorsOf } from '../../../shared/proofs/processor.ts';
import { requiredStakeFor } from '../../../shared/rewards/device-stake.ts';
import { closedAfterMs } from '../../../shared/rewards/epoch.ts';
import { getEpoch, listEpochs } from '../../../shared/rewards/epoch-store.ts';
import { putFirstReward } from '../../../shared/rewards/first-reward-store.ts';
import { rewardPolicyAt } from '../../../shared/rewards/policy.ts';
import { putStake } from '../../../shared/rewards/stake-store.ts';
import { getDocument, getManifest } from '../../../shared/rewards/statement-store.ts';
import { addDevice, testId } from '../../devices/builders.ts';
import { gpuDevice } from '../../proofs/judging.ts';
import { startMs, type TestRuntime, testRuntime } from '../../support/runtime.ts';
import { type MemoryObjects, memoryObjects } from '../memory-objects.ts';

/** The hour that begins at the tests' start, which is the first one of the emission. */
export const epochId = '2026-11-22T12';
export const hourStartMs = startMs;
/** When it may be closed. */
export const dueMs = startMs + hourMs + closedAfterMs;

/** What one device of the hour is like; everything in order unless told. */
export interface Entrant {
  readonly organisation?: number;
  readonly device?: Partial<Device>;
  readonly presence?: Partial<Presence>;
  /** Of all its processors; null: passed. Undefined, given: not judged. */
  readonly proof?: GateReason | null | undefined;
  readonly hired?: boolean;
  readonly stakeUnits?: bigint;
  /** Null: never. */
  readonly firstRewardedMs?: number | null;
  readonly hasWallet?: boolean;
}

/** Steps of the workflow before an end that does not come. */
const statesMax = 400;

export type ClosingNeeds = TestRuntime & { readonly statements: ObjectPort };

/** The platform of the hour; its parts can be told to fail. */
export class Closing {
  readonly runtime: ClosingNeeds;
  readonly objects: MemoryObjects;

  constructor({ mode = 'own' as 'own' | 'existing' } = {}) {
    this.objects = memoryObjects();
    const base = testRuntime();
    this.runtime = {
      ...base,
      token: { mode, genesisMs: hourStartMs },
      statements: this.objects,
    } as ClosingNeeds;
    this.runtime.clock.ms = dueMs;
  }

  get database() {
    return this.runtime.database;
  }

  async write(...writes: readonly Write[]): Promise<void> {
    for (const write of writes) await this.database.write(write);
  }

  /** The hour with this number is judged. */
  judged(hour = 0): Promise<void> {
    return this.write(putJudgedHour(hourStartMs + hour * hourMs));
  }

  readonly #wallets = new Set<string>();

  /** A device with an RTX 4090 that has been up for two days. */
  async add(number: number, entrant: Entrant = {}): Promise<Device> {
    const organisationId = testId('org', entrant.organisation ?? 1);
    const device = gpuDevice(number, 1, {
      organisationId,
      createdAtMs: hourStartMs - 10 * dayMs,
      ...entrant.device,
    });
    const presence: Presence = {
      ...firstPresence(null, hourStartMs - 2 * dayMs),
      lastSeenMs: dueMs - minuteMs,
      ...entrant.presence,
    };
    await addDevice(this.runtime, device, presence);
    const value = { cohort: organisationId, group: `net:10.0.${number}.0/24`, parts: 1 };
    await this.write(putPlace(firstPlace(device.id, value)));
    const policy = rewardPolicyAt('test', hourStartMs);
    const units = entrant.stakeUnits ?? requiredStakeFor(device, policy);
    if (units > 0n) {
      const levels = [{ atMs: hourStartMs - dayMs, activeUnits: units }];
      const base = { deviceId: device.id, organisation: organisationId, version: 1 };
      await this.write(putStake({ ...base, activeUnits: units, cooldowns: [], levels }));
    }
    if (entrant.hasWallet !== false) await this.addWallet(organisationId);
    const { firstRewardedMs = hourStartMs - 9 * dayMs } = entrant;
    if (firstRewardedMs !== null) {
      await this.write(
        putFirstReward({ deviceId: device.id, organisationId, startMs: firstRewardedMs }),
      );
    }
    await this.prove(device, 0, entrant);
    return device;
  }

  /** The gates of the device's processors in the hour with this number. */
  async prove(device: Device, hour: number, entrant: Entrant = {}): Promise<void> {
    if ('proof' in entrant && entrant.proof === undefined) return;
    for (const { id } of processorsOf(device)) {
      await this.write(
        putGate({
          hourMs: hourStartMs + hour * hourMs,
          processorId: id,
          deviceId: device.id,
          organisationId: device.organisationId,
          reason: entrant.proof ?? null,
          calls: [],
          hired: entrant.hired ?? false,
        }),
      );
    }
  }

  async addWallet(organisationId: Id<'org'>, createdAtMs = hourStartMs - dayMs): Promise<void> {
    if (this.#wallets.has(organisationId)) return;
    this.#wallets.add(organisationId);
    const id = `wal_${organisationId.slice(4)}` as Id<'wal'>;
    const wallet = { id, organisationId, address: `address of ${organisationId}` };
    await this.write(...putWallet({ ...wallet, role: null, payouts: [], createdAtMs }));
  }

  /** So many base units of IO are there for rewards; where they came from is not booked. */
  funded(units: bigint): Promise<void> {
    const key = balanceKey('reward:fund', 0);
    const amounts = { posted: units, held: 0n, available: units };
    const attributes = { account: 'reward:fund', ...amounts, v: 1n };
    return this.write({ kind: 'put', table: 'ledger', key, attributes, condition: {} });
  }

  step(input: { readonly step: string } & Record<string, unknown>): Promise<EpochOutcome> {
    const name = input.step as keyof typeof closeSteps;
    const step = present(closeSteps[name], `no step ${name}`);
    return step(this.runtime, { epoch_id: '', ...input });
  }

  /** One execution of the workflow, as Step Functions runs its definition; answers the steps and outcomes. */
  async execute(): Promise<readonly string[]> {
    const { States, StartAt } = closeEpoch(16)('arn:close');
    const trail: string[] = [];
    let input: unknown = {};
    const variables: Record<string, unknown> = {};
    const payloadOf = (task: Pick<TaskState, 'Arguments'>, own: unknown) =>
      Object.fromEntries(
        Object.entries(task.Arguments.Payload).map(([name, text]) => [
          name,
          resolve(text, { input: own, variables }),
        ]),
      ) as { step: string };
    let name = StartAt;
    for (let count = 0; count < statesMax; count += 1) {
      const state = present(States[name], `no state ${name}`);
      if (state.Type === 'Succeed') return trail;
      assert(state.Type !== 'Fail' && state.Type !== 'Wait', 'the execution failed');
      if (state.Type === 'Task') {
        const outcome = await this.step(payloadOf(state, input));
        const result = { Payload: outcome };
        for (const [variable, text] of Object.entries(state.Assign ?? {})) {
          variables[variable] = resolve(text, { input, variables, result });
        }
        trail.push(`${state.Arguments.Payload['step']} ${outcome.outcome}`);
        [input, name] = [outcome, state.Next];
      } else if (state.Type === 'Map') {
        const items = resolve(state.Items, { input, variables }) as readonly unknown[];
        const { StartAt: first, States: own } = state.ItemProcessor;
        for (const item of items) {
          await this.step(payloadOf(present(own[first], 'no task of a map'), item));
        }
        trail.push(`${own[first]?.Arguments.Payload['step']} x${items.length}`);
        [input, name] = [state.Output, state.Next];
      } else {
        assert(state.Type === 'Choice', `a state of another kind: ${name}`);
        const { outcome } = input as EpochOutcome;
        const chosen = state.Choices.find(
          ({ Condition }) => Condition === `{% $states.input.outcome = '${outcome}' %}`,
        );
        name = chosen?.Next ?? state.Default;
      }
    }
    throw new Error(`no end: ${trail.slice(-10).join(', ')}`);
  }

  /** The epoch of an hour as it is stored. */
  async epoch(id = epochId) {
    return present(await getEpoch(this.database, id), `${id} was not opened`);
  }

  /** The rows of its statement: public id, pool, score and amount, and the gates that are closed. */
  async rows(id = epochId) {
    const { result } = await this.epoch(id);
    const { parts } = await getManifest(
      this.objects,
      id,
      present(result, 'not committed').outputHash,
    );
    const texts: string[] = [];
    for (const { hash } of parts) texts.push(await getDocument(this.objects, id, hash));
    const [title = '', ...lines] = texts.join('').trim().split('\n');
    const columns = title.split(',');
    return lines.map((line) => {
      const cells = line.split(',');
      return Object.fromEntries(columns.map((column, index) => [column, cells[index]]));
    });
  }

  /** What the ledger has posted about rewards, one line for each transfer. */
  async postings(): Promise<readonly string[]> {
    const { transfers } = await scanLedger(this.database);
    return transfers
      .map(({ id, legs }) => `${id} ${legs.map(({ account, units }) => `${account} ${units}`)}`)
      .sort();
  }

  /** The books are sound, with all hours that are completed paid out to the unit. */
  async broken(): Promise<readonly string[]> {
    const { epochs } = await listEpochs(this.database, { limit: 100 });
    const completedEpochs = epochs.flatMap(({ id, status }) => (status === 'completed' ? id : []));
    const frame = { genesisMs: hourStartMs, completedEpochs };
    return checkInvariants(await scanLedger(this.database), frame);
  }
}

/** The few expressions that the workflow is written with. */
const resolve = (
  text: string,
  known: {
    readonly input: unknown;
    readonly variables: Readonly<Record<string, unknown>>;
    readonly result?: unknown;
  },
): unknown => {
  const [, expression] = /^\{% \$(.+) %\}$/.exec(text) ?? [];
  if (expression === undefined) return text;
  const [root = '', ...path] = expression.split('.');
  let value: unknown = root === 'states' ? known : known.variables[root];
  for (const member of path) value = (value as Record<string, unknown> | undefined)?.[member];
  assert(value !== undefined, `${expression} has no value, which fails an execution`);
  return value;
};

/**
 * The stakes of a simulated world, through the platform's own handlers and schedule: devices that clusters have
 * and let go of, stakes from rewards and by deposit, what is asked back, and what has cooled down. It counts by
 * itself what must stand where, and sees in each commit that no hired device loses stake.
 */
import type { Runtime } from '../../../functions/kit/runtime.ts';
import { commitDecision } from '../../../functions/ledger/commit-decision.ts';
import { endCooldowns } from '../../../functions/rewards/stakes/end-cooldowns.schedule.ts';
import { postStakeDeposit } from '../../../functions/rewards/stakes/post-stake-deposit.ts';
import type { Write } from '../../../shared/core/database.ts';
import { dayMs } from '../../../shared/core/time.ts';
import { changed, type Device } from '../../../shared/devices/device.ts';
import {
  getDevice,
  putDevice,
  putNewDevice,
  reserveDevice,
} from '../../../shared/devices/device-store.ts';
import { testId } from '../../devices/a-device.ts';
import { accountOf, type ChainWorld } from './chain-desk.ts';
import { callStake, callUnstake, stakeDevice, stakeMax } from './stake-calls.ts';

const devicesEach = 2;
const cooldownMs = 14 * dayMs;

/** What was unstaked, as it was committed. */
interface Unstaked {
  readonly device: Device;
  readonly units: bigint;
  readonly atMs: number;
}

/** Base units of one device: staked from rewards, staked of deposits, what these had no room for. */
interface Moved {
  readonly staked: bigint;
  readonly deposited: bigint;
  readonly rest: bigint;
}

/** The handlers need the whole runtime. */
export interface StakeWorld extends ChainWorld {
  readonly needs: Runtime;
}

export class StakeDesk {
  readonly devices: readonly Device[];
  /** Base units that arrived to be staked. */
  arrived = 0n;
  readonly seen = {
    stakesRefused: 0,
    unstakesRefused: 0,
    unstakesOfHired: 0,
    depositsBeyondRoom: 0,
    cooldownsEnded: 0,
  };
  readonly #moved = new Map<string, Moved>();
  readonly #unstaked = new Map<string, Unstaked>();
  readonly #asked = new Map<string, bigint>();
  readonly #hired = new Set<string>();
  readonly #done = new Set<string>();
  readonly #world: StakeWorld;
  #made = 0;

  constructor(world: StakeWorld) {
    this.#world = world;
    this.devices = world.organisations.flatMap((organisation, index) =>
      Array.from({ length: devicesEach }, (_, number) =>
        stakeDevice(index * devicesEach + number + 1, organisation),
      ),
    );
  }

  /** The devices come to be. */
  open(): void {
    const { needs, procedure } = this.#world;
    for (const device of this.devices) {
      procedure(async () => {
        const decide = async () => {
          const known = await getDevice(needs.database, device.id);
          const writes = known ? [] : putNewDevice(device);
          return { writes, transfers: [], answer: undefined };
        };
        await commitDecision(needs, decide);
      });
    }
  }

  /** Something happens to stakes. */
  happen(): void {
    const { chance } = this.#world;
    const dice = chance.next();
    const device = chance.pick(this.devices);
    if (device === undefined) return;
    if (dice < 0.33) this.#stake(device);
    else if (dice < 0.53) this.#arrive(device);
    else if (dice < 0.75) this.#unstake(device);
    else if (dice < 0.9) this.#hire(device);
    else this.endCooldowns();
  }

  /** What must count on a device in the end, when all that was asked back has come back. */
  activeOf({ id }: Device): bigint {
    const { staked, deposited } = this.#movedOf(id);
    return staked + deposited - this.#unstakedOf(id);
  }

  /** What stakes must have brought to an organisation's rewards in the end, and taken from them. */
  broughtTo(organisation: string): bigint {
    const own = this.devices.filter(({ organisationId }) => organisationId === organisation);
    return own.reduce((sum, { id }) => {
      const { staked, rest } = this.#movedOf(id);
      return sum - staked + rest + this.#unstakedOf(id);
    }, 0n);
  }

  /** What is wrong with a commit, at the moment it happens. */
  see(writes: readonly Write[], nowMs: number): readonly string[] {
    const wrong: string[] = [];
    for (const write of writes) {
      const { pk } = write.key;
      if (write.kind !== 'put') continue;
      const { attributes } = write;
      const device = this.devices.find(({ id }) => pk.endsWith(id));
      if (write.table === 'devices' && device) {
        if (attributes['hired_by']) this.#hired.add(device.id);
        else this.#hired.delete(device.id);
      }
      if (pk.startsWith('STAKE#') && BigInt(String(attributes['active_units'])) > stakeMax) {
        wrong.push(`${pk} has more than the device takes`);
      }
      if (pk.startsWith('P#unstake:')) {
        wrong.push(...this.#seeUnstaked(pk.slice('P#unstake:'.length), attributes, nowMs));
      }
      if (pk.startsWith('T#withdraw:')) {
        const unstaked = this.#unstaked.get(pk.slice('T#withdraw:'.length));
        const since = nowMs - (unstaked?.atMs ?? nowMs);
        if (since < cooldownMs) wrong.push(`${pk} came back after ${since} ms`);
      }
    }
    return wrong;
  }

  #seeUnstaked(
    unstakeId: string,
    attributes: Readonly<Record<string, unknown>>,
    nowMs: number,
  ): readonly string[] {
    const device = this.devices.find(({ id }) => id === attributes['device_id']);
    const units = BigInt(String(attributes['amount']));
    if (device === undefined) return [`${unstakeId} is of no device`];
    // Its wait begins with the decision; days may pass here before it is committed.
    const atMs = Number(attributes['opened_at_ms']);
    this.#unstaked.set(unstakeId, { device, units, atMs });
    const asked = this.#asked.get(unstakeId);
    return [
      ...(atMs > nowMs ? [`${unstakeId} was taken at a time that is to come`] : []),
      ...(this.#hired.has(device.id) ? [`${unstakeId} was taken from a hired device`] : []),
      ...(asked !== undefined && asked !== units ? [`${unstakeId} took ${units} of ${asked}`] : []),
    ];
  }

  /** Stakes from rewards: also what is not there, and more than the device takes. */
  #stake(device: Device): void {
    const { chance, needs, procedure } = this.#world;
    const units = this.#units(90);
    const call = { id: this.#id('stk'), ...this.#named(device), units };
    const again = chance.happens(0.2) ? 2 : 1;
    for (let attempt = 0; attempt < again; attempt += 1) {
      procedure(async () => {
        if ((await callStake(needs, call)) !== undefined) this.seen.stakesRefused += 1;
        else this.#once(call.id, () => this.#add(device, { staked: units }));
      });
    }
  }

  /** IO arrives as a stake, and is seen by one or two pollers; what there is no room for is left over. */
  #arrive(device: Device): void {
    const { chance, needs, procedure, turn } = this.#world;
    const units = this.#units(150);
    const signature = `sig_${this.#id('stk')}`;
    this.arrived += units;
    const arrival = { signature, tokenAccount: accountOf('io'), token: 'io' as const, units };
    const pollers = chance.happens(0.3) ? 2 : 1;
    for (let poller = 0; poller < pollers; poller += 1) {
      procedure(async () => {
        await turn();
        const { stakeUnits } = await postStakeDeposit(needs, arrival, this.#named(device));
        this.#once(signature, () => {
          if (stakeUnits < units) this.seen.depositsBeyondRoom += 1;
          this.#add(device, { deposited: stakeUnits, rest: units - stakeUnits });
        });
      });
    }
  }

  /** Asks for a part of a stake back, or all of it: also for more than there is. */
  #unstake(device: Device): void {
    const { chance, needs, procedure } = this.#world;
    const units = chance.happens(0.25) ? undefined : this.#units(60);
    const call = { id: this.#id('ust'), ...this.#named(device), units };
    if (units !== undefined) this.#asked.set(call.id, units);
    const again = chance.happens(0.2) ? 2 : 1;
    for (let attempt = 0; attempt < again; attempt += 1) {
      procedure(async () => {
        const refusal = await callUnstake(needs, call);
        if (refusal === 'stake.device_hired') this.seen.unstakesOfHired += 1;
        else if (refusal !== undefined) this.seen.unstakesRefused += 1;
      });
    }
  }

  /** A cluster takes the device, or lets go of it. */
  #hire({ id }: Device): void {
    const { needs, procedure } = this.#world;
    procedure(async () => {
      await commitDecision(needs, async () => {
        const device = await getDevice(needs.database, id);
        if (!device) throw new Error(`no device ${id}`);
        const write = device.hiredBy === null ? hire(device, needs.clock.nowMs()) : release(device);
        return { writes: [write], transfers: [], answer: undefined };
      });
    });
  }

  /** Gives back what has cooled down, by everybody who thinks that it is his turn. */
  endCooldowns(): void {
    const { chance, needs, procedure } = this.#world;
    const workers = chance.happens(0.4) ? 2 : 1;
    for (let worker = 0; worker < workers; worker += 1) {
      procedure(async () => {
        this.seen.cooldownsEnded += (await endCooldowns(needs)).done;
      });
    }
  }

  #units(ioMax: number): bigint {
    return BigInt(this.#world.chance.between(1, ioMax * 1_000_000)) * 100n;
  }

  #named({ id, organisationId }: Device) {
    return { organisation: organisationId, deviceId: id };
  }

  #movedOf(deviceId: string): Moved {
    return this.#moved.get(deviceId) ?? { staked: 0n, deposited: 0n, rest: 0n };
  }

  #add({ id }: Device, parts: Partial<Moved>): void {
    const { staked, deposited, rest } = this.#movedOf(id);
    this.#moved.set(id, {
      staked: staked + (parts.staked ?? 0n),
      deposited: deposited + (parts.deposited ?? 0n),
      rest: rest + (parts.rest ?? 0n),
    });
  }

  #unstakedOf(deviceId: string): bigint {
    const own = [...this.#unstaked.values()].filter(({ device }) => device.id === deviceId);
    return own.reduce((sum, { units }) => sum + units, 0n);
  }

  /** However often it is told, and by whomever. */
  #once(name: string, run: () => void): void {
    if (this.#done.has(name)) return;
    this.#done.add(name);
    run();
  }

  #id(prefix: string): string {
    this.#made += 1;
    return `${prefix}_${String(this.#made).padStart(26, '0')}`;
  }
}

const hire = (device: Device, nowMs: number): Write =>
  reserveDevice(device, {
    clusterId: testId('clu', 1),
    nodeId: testId('nod', 1),
    sinceMs: nowMs,
    proofConsent: true,
  });

const release = (device: Device): Write =>
  putDevice(
    changed(device, { hiredBy: null, hiredNode: null, hiredAtMs: null, hiredConsent: null }),
  );

/**
 * What closing an hour consumes: every step in this process, on DynamoDB as the emulator has it, with calls of
 * functions, states and objects counted. Measured with nobody, and with a fleet of fifty devices to an
 * organisation; what a device adds, with its fiftieth of an organisation, follows, and so does every size. Rather too
 * much than too little: calls are counted as if each waited for the one before, and a document that is begun counts
 * in the share of a device, so large fleets have a few more of them than they need.
 */

import { writeStatement } from '../../functions/ledger/write-statement.stream.ts';
import type { EpochOutcome } from '../../functions/rewards/close/epoch-step.ts';
import { startEpochs } from '../../functions/rewards/close/start-epochs.schedule.ts';
import { closeSteps } from '../../functions/rewards/close/steps.ts';
import { assert, present } from '../../shared/core/assert.ts';
import type { Database } from '../../shared/core/database.ts';
import { hourMs } from '../../shared/core/time.ts';
import { transferKey } from '../../shared/ledger/keys.ts';
import { emissionId } from '../../shared/ledger/rewards/emission.ts';
import { rewardId } from '../../shared/ledger/rewards/reward.ts';
import { closedAfterMs } from '../../shared/rewards/epoch.ts';
import { testId } from '../devices/builders.ts';
import { memoryObjects } from '../rewards/memory-objects.ts';
import { startDatabase } from '../stores/emulator-tables.ts';
import { startMs, testRuntime } from '../support/runtime.ts';
import { writeFleet } from './epoch-fleet.ts';
import { type Consumption, lambdaFacts } from './list-prices.ts';
import { createMeter, type Measured, type Meter } from './meter.ts';

const devicesMeasured = 2_000;
const devicesPerOrganisation = 50;
const epochId = '2026-11-22T12';
/** infra/stacks/epochs-stack.ts. */
const closeMemoryMib = 3_072;
/** A schedule every five minutes, and one every hour for each of two other tasks. */
const schedulesPerHour = 12 + 2;

/** One request to S3 as a function in the same region sees it. */
const bucketCallMs = 30;

interface Tally {
  calls: number;
  states: number;
  puts: number;
  gets: number;
  bucketBytes: number;
}

/** Runs the steps as the workflow does; counts each call of the function, and each state. */
const closeOnce = async (
  needs: Parameters<(typeof closeSteps)['open-epoch']>[0],
  tally: Tally,
): Promise<void> => {
  const step = async (
    name: keyof typeof closeSteps,
    more: { readonly output_hash?: string; readonly item?: number } = {},
  ): Promise<EpochOutcome> => {
    tally.calls += 1;
    // The task, and the choice behind it where it stands in no map.
    tally.states += more.item === undefined ? 2 : 1;
    return closeSteps[name](needs, { step: name, epoch_id: epochId, ...more });
  };
  const each = async (name: keyof typeof closeSteps, items: readonly number[]): Promise<void> => {
    tally.states += 1;
    for (const item of items) await step(name, { item });
  };
  const opened = await step('open-epoch');
  await each('snapshot-shard', opened.items);
  const split = await step('split-epoch');
  const named = { output_hash: present(split.output_hash, 'nothing was split') };
  assert((await step('verify-epoch', named)).outcome === 'verified', 'not verified');
  const committed = await step('commit-epoch', named);
  await each('post-rewards', committed.items);
  await step('publish-epoch');
  assert((await step('open-epoch')).outcome === 'not_due', 'an hour more');
};

/** The lines of statements that the ledger's stream writes of the hour's transfers. */
const writeLines = async (
  needs: Parameters<typeof writeStatement>[0],
  unmetered: Database,
  organisations: number,
): Promise<void> => {
  const ids = Array.from({ length: organisations }, (_, index) =>
    rewardId(epochId, testId('org', index)),
  );
  for (const id of [emissionId(epochId), ...ids]) {
    const after = await unmetered.get('ledger', transferKey(id));
    await writeStatement(needs, { kind: 'INSERT', after });
  }
};

/** Milliseconds of the closing function, and what else it takes. */
const consumedByClosing = (measured: Measured, tally: Tally): Consumption => {
  // One thread does no more than one processor can, however much memory there is.
  const waitsMs = measured.databaseCalls * lambdaFacts.databaseCallMs;
  const bucketMs = (tally.puts + tally.gets) * bucketCallMs;
  const billedMs = measured.processorMs + waitsMs + bucketMs;
  return {
    write: measured.writeUnits,
    read: measured.readUnits,
    invocation: tally.calls,
    gibSecond: (billedMs / 1_000) * (closeMemoryMib / 1_024),
    loggedGib: measured.logBytes / 1024 ** 3,
    stateTransition: tally.states,
    bucketPut: tally.puts,
    bucketGet: tally.gets,
    bucketGibMonth: tally.bucketBytes / 1024 ** 3,
  };
};

const consumedByOthers = (measured: Measured, calls: number): Consumption => ({
  write: measured.writeUnits,
  read: measured.readUnits,
  invocation: calls,
  gibSecond:
    ((measured.processorMs * lambdaFacts.wholeProcessorMib) / lambdaFacts.memoryMib +
      measured.databaseCalls * lambdaFacts.databaseCallMs) /
    1_000 /
    (1_024 / lambdaFacts.memoryMib),
  loggedGib: measured.logBytes / 1024 ** 3,
});

const names = (...all: readonly Consumption[]) =>
  [...new Set(all.flatMap((one) => Object.keys(one)))] as (keyof Consumption)[];

const sumOf = (...all: readonly Consumption[]): Consumption =>
  Object.fromEntries(
    names(...all).map((name) => [name, all.reduce((sum, one) => sum + (one[name] ?? 0), 0)]),
  );

const measureFleet = async (devices: number): Promise<Consumption> => {
  const organisations = devices / devicesPerOrganisation;
  const meter: Meter = createMeter();
  const { database: unmetered, client, stop } = await startDatabase(meter.onCapacity);
  try {
    const tables = { client, nameOf: (table: string) => table };
    await writeFleet(tables, { devices, organisations, startMs });
    const base = testRuntime();
    base.clock.ms = startMs + hourMs + closedAfterMs;
    const tally: Tally = { calls: 0, states: 0, puts: 0, gets: 0, bucketBytes: 0 };
    const kept = memoryObjects();
    const runtime = {
      ...base,
      database: meter.database(unmetered),
      token: { mode: 'own' as const, genesisMs: startMs },
      statements: {
        put: (name: string, bytes: Uint8Array) => {
          tally.puts += 1;
          tally.bucketBytes += bytes.length;
          return kept.put(name, bytes);
        },
        get: (name: string) => {
          tally.gets += 1;
          return kept.get(name);
        },
      },
    };
    const closing = await meter.measure(1, () => closeOnce(runtime, tally));
    const lines = await meter.measure(1, () => writeLines(runtime, unmetered, organisations));
    const workflows = { start: async () => {} };
    const looks = await meter.measure(schedulesPerHour, () =>
      startEpochs({ ...runtime, workflows, closeStateMachineArn: 'arn' }),
    );
    const looked = consumedByOthers(looks, 1);
    return sumOf(
      consumedByClosing(closing, tally),
      // A batch of the stream brings up to a hundred transfers.
      consumedByOthers(lines, Math.ceil((organisations + 1) / 100)),
      ...Array.from({ length: schedulesPerHour }, () => looked),
    );
  } finally {
    await stop();
  }
};

export interface EpochWorks {
  /** Of an hour with so many devices. */
  consumed(devices: number): Consumption;
}

export const measureEpochWorks = async (): Promise<EpochWorks> => {
  const none = await measureFleet(0);
  const some = await measureFleet(devicesMeasured);
  return {
    consumed: (devices) =>
      Object.fromEntries(
        names(none, some).map((name) => {
          const fixed = none[name] ?? 0;
          const added = Math.max(0, (some[name] ?? 0) - fixed) / devicesMeasured;
          return [name, fixed + added * devices];
        }),
      ),
  };
};

/**
 * Earnings without machines: the hold and the settlement are the ledger's own, on the platform's own table; only the
 * time that they are for was proved by nobody. What a cluster costs is the business of the journeys with agents.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { createLogger } from '../../../functions/kit/log.ts';
import { commit } from '../../../functions/kit/transaction.ts';
import { matureEarnings } from '../../../functions/ledger/mature-earnings.schedule.ts';
import { settleCluster } from '../../../functions/ledger/settle-cluster.ts';
import type { Database } from '../../../shared/core/database.ts';
import { newId } from '../../../shared/core/ids.ts';
import { type Clock, hourMs } from '../../../shared/core/time.ts';
import { customerAccount, debtAccount } from '../../../shared/ledger/account.ts';
import { holdIdOf, planTakeHold } from '../../../shared/ledger/hold.ts';
import { getAccount } from '../../../shared/ledger/ledger-store.ts';

export interface Earning {
  readonly supplier: string;
  /** Micro-dollars, above 0. */
  readonly units: bigint;
}

/** What posts to the ledger, on the platform's own table. */
export const needsAt = (database: Database, clock: Clock) => ({
  database,
  clock,
  randomness: { bytes: (count: number) => randomBytes(count) },
  pause: async (milliseconds: number) => {
    await pause(milliseconds);
  },
});

/** Moves what has matured by then to its suppliers. */
export const matureAt = async (database: Database, nowMs: number): Promise<void> => {
  const needs = needsAt(database, { nowMs: () => nowMs });
  const outcome = await matureEarnings({ ...needs, log: createLogger(() => {}, {}) });
  expect(outcome).toMatchObject({ failed: 0 });
};

/** An hour of a cluster with a node of each supplier, paid out of the customer's credit. */
export const earnAnHour = async (
  database: Database,
  organisation: string,
  earnings: readonly Earning[],
): Promise<void> => {
  const needs = needsAt(database, { nowMs: Date.now });
  const nowMs = needs.clock.nowMs();
  const clusterId = newId('clu', nowMs, needs.randomness);
  const taken = planTakeHold({
    ...{ holdId: holdIdOf(clusterId), clusterId, organisation, orderedMs: hourMs, nowMs },
    lines: earnings.map(({ units }) => ({ rateUnitsPerHour: units })),
    customer: await getAccount(database, customerAccount(organisation)),
    debt: await getAccount(database, debtAccount(organisation)),
  });
  if (taken.outcome !== 'held') throw new Error(`${taken.shortfall} are missing for the cluster`);
  await commit(needs, taken.writes);
  const nodes = earnings.map(({ supplier, units }, index) => ({
    ...{ nodeId: newId('nod', nowMs, needs.randomness), lineId: String(index), supplier },
    ...{
      rateUnitsPerHour: units,
      provenMs: hourMs,
      provenMsInsidePaidUntil: hourMs,
      linked: false,
      lost: false,
    },
  }));
  const cluster = {
    ...{ clusterId, organisation, runningAtMs: nowMs - hourMs, stoppedAtMs: nowMs },
    ...{ paidUntilMs: nowMs, terminatedByCustomer: false },
  };
  const source = { clusterId, loadCluster: async () => cluster, loadNodes: async () => nodes };
  const { outcome } = await settleCluster(needs, source, true);
  if (outcome !== 'posted') throw new Error('nothing was earned');
};

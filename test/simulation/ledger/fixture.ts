/** A small ledger for directed tests: a runtime, and the steps of a rental in one line each. */

import { commit } from '../../../functions/kit/transaction.ts';
import { commitDecision } from '../../../functions/ledger/commit-decision.ts';
import { type SettlementSource, settleCluster } from '../../../functions/ledger/settle-cluster.ts';
import { assert } from '../../../shared/core/assert.ts';
import { hourMs } from '../../../shared/core/time.ts';
import { type AccountName, debtAccount } from '../../../shared/ledger/account.ts';
import { planGrant } from '../../../shared/ledger/grant.ts';
import { holdIdOf, planTakeHold, type TakeHoldDecision } from '../../../shared/ledger/hold.ts';
import { checkInvariants } from '../../../shared/ledger/invariants.ts';
import { getAccount, getCredit, getHold, scanLedger } from '../../../shared/ledger/ledger-store.ts';
import type { RewardFrame } from '../../../shared/ledger/reward-invariants.ts';
import {
  planSettlement,
  type SettlementCluster,
  type SettlementNode,
} from '../../../shared/ledger/settlement.ts';
import { startMs, type TestRuntime, testRuntime } from '../../support/runtime.ts';

export const payer = 'org_payer';
export const supplier = 'org_supplier';
export const clusterId = 'clu_1';
export const million = 1_000_000n;

/** Fails a scenario; the mutants' runner reads it as "killed". */
export const expectEqual = (actual: unknown, expected: unknown, what: string): void =>
  assert(actual === expected, `${what}: ${String(actual)}, not ${String(expected)}`);

/** A ledger of its own per scenario. */
export class Fixture {
  readonly runtime: TestRuntime = testRuntime();
  cluster: SettlementCluster = {
    clusterId,
    organisation: payer,
    runningAtMs: startMs,
    stoppedAtMs: undefined,
    paidUntilMs: startMs + 2 * hourMs,
    terminatedByCustomer: false,
  };
  nodes: SettlementNode[] = [this.node('nod_1')];

  get nowMs(): number {
    return this.runtime.clock.ms;
  }

  set nowMs(ms: number) {
    this.runtime.clock.ms = ms;
  }

  /** A node of line 1 at 1 USD per hour, unless said otherwise. */
  node(nodeId: string, parts: Partial<SettlementNode> = {}): SettlementNode {
    return {
      nodeId,
      lineId: 'line_1',
      supplier,
      rateUnitsPerHour: million,
      provenMs: 0,
      provenMsInsidePaidUntil: 0,
      linked: false,
      lost: false,
      ...parts,
    };
  }

  /** Sets the only node's proven time, all of it inside the paid time unless said otherwise. */
  worked(provenMs: number, insideMs = provenMs): void {
    this.nodes = [this.node('nod_1', { provenMs, provenMsInsidePaidUntil: insideMs })];
  }

  /** The fence. */
  stop(atMs: number, byCustomer = false): void {
    this.cluster = { ...this.cluster, stoppedAtMs: atMs, terminatedByCustomer: byCustomer };
    this.nowMs = atMs;
  }

  async planGrant(grantId: string, units: bigint, organisation = payer) {
    const credit = await getCredit(this.runtime.database, organisation);
    const reason = 'welcome';
    return planGrant({ grantId, organisation, units, reason, nowMs: this.nowMs, ...credit });
  }

  grant(grantId: string, units: bigint, organisation = payer) {
    return commitDecision(this.runtime, async () => {
      const { transfer, writes } = await this.planGrant(grantId, units, organisation);
      return { transfers: [transfer], writes, answer: transfer };
    });
  }

  /** Credits an organisation and holds two hours for its cluster. */
  async rent(organisation: string, id: string, units: bigint): Promise<void> {
    this.cluster = { ...this.cluster, organisation, clusterId: id };
    await this.grant('grt_rent', units, organisation);
    await this.hold();
  }

  /** Decides a hold for two hours of one line at 1 USD per hour. */
  async planHold(id = this.cluster.clusterId): Promise<TakeHoldDecision> {
    const { organisation } = this.cluster;
    const credit = await getCredit(this.runtime.database, organisation);
    return planTakeHold({
      holdId: holdIdOf(id),
      clusterId: id,
      organisation,
      lines: [{ rateUnitsPerHour: million }],
      orderedMs: 2 * hourMs,
      nowMs: this.nowMs,
      ...credit,
    });
  }

  async hold(id = this.cluster.clusterId): Promise<void> {
    const decision = await this.planHold(id);
    assert(decision.outcome === 'held', 'the credit is short');
    await commit(this.runtime, decision.writes);
  }

  /** Decides a settlement on what is there now. */
  async planSettlement(final: boolean) {
    const hold = await this.holdItem();
    const debt = await getAccount(this.runtime.database, debtAccount(this.cluster.organisation));
    const { cluster, nodes, nowMs } = this;
    const plan = planSettlement({ cluster, hold, nodes, debt, final, nowMs });
    assert(plan.outcome === 'post', 'nothing to settle');
    return plan;
  }

  settle(final: boolean) {
    const source: SettlementSource = {
      clusterId: this.cluster.clusterId,
      loadCluster: async () => this.cluster,
      loadNodes: async () => this.nodes,
    };
    return settleCluster(this.runtime, source, final);
  }

  async holdItem(id = this.cluster.clusterId) {
    const hold = await getHold(this.runtime.database, id);
    assert(hold, 'there is no hold');
    return hold;
  }

  balance(account: AccountName) {
    return getAccount(this.runtime.database, account);
  }

  async units(account: AccountName): Promise<bigint> {
    return (await this.balance(account)).posted;
  }

  /** What is broken in the whole ledger; `frame` says what it cannot know itself. */
  async broken(frame?: RewardFrame): Promise<readonly string[]> {
    return checkInvariants(await scanLedger(this.runtime.database), frame);
  }
}

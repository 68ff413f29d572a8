/**
 * Task `start-payouts`: starts `pay-suppliers` for each lane with something to do. An execution sees one
 * batch to its end; a lane whose batch has outlived its execution gets another. That two may work on one
 * lane is no danger, only waste: every move is conditioned.
 */

import type { WorkflowPort } from '../../../shared/adapters/workflows.ts';
import { assert } from '../../../shared/core/assert.ts';
import { minuteMs } from '../../../shared/core/time.ts';
import { getLaneBatch } from '../../../shared/payments/payouts/batch-store.ts';
import { queuesOf } from '../../../shared/payments/payouts/keys.ts';
import { type Lane, lanes } from '../../../shared/payments/payouts/payout.ts';
import { getPayoutControls } from '../../../shared/payments/payouts/payout-controls-store.ts';
import { listWaitingPayouts } from '../../../shared/payments/payouts/payout-store.ts';
import type { Runtime } from '../../kit/runtime.ts';
import { forEachDue, type TaskOutcome } from '../../kit/schedule.ts';

export interface StartPayoutsNeeds extends Runtime {
  readonly workflows: Pick<WorkflowPort, 'start'>;
  readonly payStateMachineArn: string;
}

/** A batch this old has usually no execution any more: its blockhash is over, or its execution was held. */
const rescueMs = 5 * minuteMs;
/** Longer than a blockhash lasts, several times. */
const stuckMs = 30 * minuteMs;

export const startPayouts = async (needs: StartPayoutsNeeds): Promise<TaskOutcome> => {
  const outcome = await forEachDue(needs, lanes, async (lane) => {
    const name = await executionOf(needs, lane);
    if (name === undefined) return;
    await needs.workflows.start(needs.payStateMachineArn, name, { lane_id: lane });
  });
  await requireProgress(needs);
  return outcome;
};

/** A batch that does not come to its end is an alarm: the log of payments-payouts says what holds it. */
const requireProgress = async (needs: Runtime): Promise<void> => {
  for (const lane of lanes) {
    const batch = await getLaneBatch(needs.database, lane);
    const ageMs = batch ? needs.clock.nowMs() - batch.openedAtMs : 0;
    assert(ageMs < stuckMs, `${batch?.id} is ${batch?.status} after ${ageMs / minuteMs} minutes`);
  }
};

/** A name that is used once, so that a lane gets an execution a minute, and a batch one in five. */
const executionOf = async (needs: Runtime, lane: Lane): Promise<string | undefined> => {
  const nowMs = needs.clock.nowMs();
  const batch = await getLaneBatch(needs.database, lane);
  if (batch) {
    const round = Math.floor((nowMs - batch.openedAtMs) / rescueMs);
    return round === 0 ? undefined : `${batch.id}-${round}`;
  }
  const { pausedFor } = await getPayoutControls(needs.database);
  if (pausedFor !== null) return undefined;
  for (const queue of queuesOf(lane)) {
    const { payouts } = await listWaitingPayouts(needs.database, queue, { limit: 1 });
    if (payouts.length > 0) return `${lane}-${Math.floor(nowMs / minuteMs)}`;
  }
  return undefined;
};

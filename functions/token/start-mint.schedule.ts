/**
 * Task `start-mint`: starts `mint-emission` where genesis was ordered, or a day of rewards has ended that is not
 * minted. An execution sees what is under way to its end; one that outlives its execution gets another. A day
 * that is not minted for hours after its last hour was closed is an alarm.
 */
import type { WorkflowPort } from '../../shared/adapters/workflows.ts';
import { assert } from '../../shared/core/assert.ts';
import { hourMs, minuteMs } from '../../shared/core/time.ts';
import { hourIdOf } from '../../shared/proofs/gate.ts';
import { getEpoch } from '../../shared/rewards/epoch-store.ts';
import { emissionDays, hoursPerDay, type IssuanceState } from '../../shared/token/issuance.ts';
import { getIssuance, getIssuanceState } from '../../shared/token/issuance-store.ts';
import { startOfHour, type TokenSettings } from '../../shared/token/token-mode.ts';
import type { Runtime } from '../kit/runtime.ts';
import type { TaskOutcome } from '../kit/schedule.ts';

export interface StartMintNeeds extends Runtime {
  readonly workflows: Pick<WorkflowPort, 'start'>;
  readonly mintStateMachineArn: string;
}

/** An execution ends by itself, held or done: each round may have one. */
const roundMs = 5 * minuteMs;
/** How long after its last hour was closed a day may wait. */
const lateMs = 3 * hourMs;
/** A genesis takes a minute, once the treasury has what it costs. */
const genesisMs = hourMs;

const nothing: TaskOutcome = { done: 0, failed: 0 };

export const startMint = async (needs: StartMintNeeds): Promise<TaskOutcome> => {
  const { database, token } = needs;
  if (token?.mode !== 'own') return nothing;
  const state = await getIssuanceState(database);
  if (state === undefined) return nothing;
  const since = await waitsSince(needs, token, state);
  if (since === undefined) return nothing;
  const nowMs = needs.clock.nowMs();
  const round = Math.floor(nowMs / roundMs);
  const name = `${state.isGenesisDone ? `day-${state.daysMinted}` : 'genesis'}-${round}`;
  await needs.workflows.start(needs.mintStateMachineArn, name, { mint_id: state.mint });
  const waitedMs = nowMs - since.sinceMs;
  assert(
    waitedMs <= since.mostMs,
    `${since.what} is not minted after ${Math.floor(waitedMs / minuteMs)} minutes`,
  );
  return { done: 1, failed: 0 };
};

interface Waits {
  readonly what: string;
  readonly sinceMs: number;
  /** How long it may. */
  readonly mostMs: number;
}

/** Since when the next issuance could be done; undefined: none can. */
const waitsSince = async (
  { database }: Pick<Runtime, 'database'>,
  token: TokenSettings,
  { isGenesisDone, daysMinted }: IssuanceState,
): Promise<Waits | undefined> => {
  if (!isGenesisDone) {
    const genesis = await getIssuance(database, 'genesis');
    return genesis && { what: 'genesis', sinceMs: genesis.openedAtMs, mostMs: genesisMs };
  }
  if (daysMinted >= emissionDays) return undefined;
  const lastHour = (daysMinted + 1) * hoursPerDay - 1;
  const epoch = await getEpoch(database, hourIdOf(startOfHour(token, lastHour)));
  return epoch?.completedAtMs == null
    ? undefined
    : { what: `day ${daysMinted}`, sinceMs: epoch.completedAtMs, mostMs: lateMs };
};

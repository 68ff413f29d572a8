/**
 * Step `open-mint` of mint-emission: begins the mint of the next day, once all its hours are completed. What it
 * mints is what the ledger says that they released, which is what the schedule says; their roots stand in the
 * transaction. Genesis comes first, and an operator begins it.
 */
import { tokenAccountOf } from '../../../shared/adapters/solana-message.ts';
import { assert, present } from '../../../shared/core/assert.ts';
import { WriteRefused } from '../../../shared/core/database.ts';
import { listTransfersById } from '../../../shared/ledger/ledger-store.ts';
import { emissionId } from '../../../shared/ledger/rewards/emission.ts';
import { hourIdOf } from '../../../shared/proofs/gate.ts';
import { getEpoch } from '../../../shared/rewards/epoch-store.ts';
import {
  emissionDays,
  hoursOfDay,
  planDay,
  type ReleasedHour,
} from '../../../shared/token/issuance.ts';
import {
  getIssuance,
  getIssuanceState,
  putIssuance,
  putIssuanceState,
} from '../../../shared/token/issuance-store.ts';
import { startOfHour, type TokenSettings } from '../../../shared/token/token-mode.ts';
import type { MintStepInput, StepOutcome } from '../../kit/step.ts';
import { commit } from '../../kit/transaction.ts';
import type { MintNeeds } from './mint-needs.ts';

export const openMintStep = async (
  needs: MintNeeds,
  _input: MintStepInput,
): Promise<StepOutcome> => {
  const { database, token } = needs;
  const state = await getIssuanceState(database);
  if (state === undefined || token?.mode !== 'own') return { outcome: 'nothing' };
  assert(state.mint === (await needs.ownMint()), 'the treasury has another key than at genesis');
  if (state.openId !== null) {
    const under = present(await getIssuance(database, state.openId), `${state.openId} is gone`);
    return { outcome: under.status };
  }
  if (state.daysMinted >= emissionDays) return { outcome: 'nothing' };
  const hours = await listReleased(needs, token, state.daysMinted);
  if (hours === undefined) return { outcome: 'nothing' };
  const wallet = await needs.signer.getAddress();
  const to = { wallet, tokenAccount: await tokenAccountOf(wallet, state.mint) };
  const plan = planDay(state, { hours, to, nowMs: needs.clock.nowMs() });
  try {
    await commit(needs, [putIssuance(plan.issuance), putIssuanceState(plan.state)]);
  } catch (error) {
    if (!(error instanceof WriteRefused)) throw error;
    return { outcome: 'moved' };
  }
  needs.log.info('mint.opened', { issuance_id: plan.issuance.id });
  return { outcome: 'open' };
};

/** What the hours of the day released; undefined while one of them is not completed. */
const listReleased = async (
  { database }: Pick<MintNeeds, 'database'>,
  token: TokenSettings,
  day: number,
): Promise<readonly ReleasedHour[] | undefined> => {
  const hours = hoursOfDay(day).map((hour) => ({
    hour,
    id: hourIdOf(startOfHour(token, hour)),
  }));
  const epochs = await Promise.all(hours.map(({ id }) => getEpoch(database, id)));
  if (epochs.some((epoch) => epoch?.status !== 'completed')) return undefined;
  const transfers = await listTransfersById(
    database,
    hours.map(({ id }) => emissionId(id)),
  );
  return hours.map(({ hour, id }, at) => {
    const { result } = present(epochs[at], `epoch ${id} is gone`);
    const posted = transfers.find((each) => each.id === emissionId(id));
    const legs = present(posted, `${id} has released nothing`).legs;
    const units = present(
      legs.find(({ account }) => account === 'reward:pool'),
      `${id} has released nothing`,
    ).units;
    return { hour, units, root: present(result, `${id} has no result`).root };
  });
};

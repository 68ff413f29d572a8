/**
 * PUT /v1/token/genesis: the operator says once to whom the allocations go. The workflow mint-emission makes the
 * mint and mints them; asked again it answers how far that is. Nothing is signed here.
 */
import type * as z from 'zod';
import { tokenAccountOf } from '../../shared/adapters/solana-message.ts';
import { ownMintOf } from '../../shared/adapters/solana-mint.ts';
import { WriteRefused } from '../../shared/core/database.ts';
import { AppError } from '../../shared/core/errors.ts';
import { getTreasury } from '../../shared/payments/treasury/treasury-store.ts';
import {
  type AllocationName,
  allocationNames,
  type Issuance,
  planGenesis,
  type Receipt,
} from '../../shared/token/issuance.ts';
import { getIssuance, putIssuance, putIssuanceState } from '../../shared/token/issuance-store.ts';
import { requireTokenSettings } from '../../shared/token/token-mode.ts';
import { genesisToJson, type setGenesisSchema } from '../../shared/token/token-schemas.ts';
import { auditDecision } from '../identity/audit-decision.ts';
import type { Call } from '../kit/route.ts';
import type { Runtime } from '../kit/runtime.ts';
import { type CommitRuntime, commit } from '../kit/transaction.ts';

type Wallets = Readonly<Record<AllocationName, string>>;

export const setGenesis = async (
  needs: CommitRuntime & Pick<Runtime, 'token'>,
  call: Call<'key', unknown, unknown, z.output<typeof setGenesisSchema>>,
) => {
  if (requireTokenSettings(needs.token).mode !== 'own') throw new AppError('token.not_own');
  const { wallets } = call.body;
  const ordered = await getIssuance(needs.database, 'genesis');
  if (ordered) return answerOf(ordered, wallets);
  const treasury = await getTreasury(needs.database);
  if (treasury === undefined) throw new AppError('solana.not_configured');
  const all = allocationNames.map((name) => wallets[name]);
  if (new Set([...all, treasury.wallet]).size <= all.length) {
    throw new AppError('token.genesis_wallets');
  }
  const mint = await ownMintOf(treasury.wallet);
  const { issuance, state } = planGenesis(mint, await placesOf(wallets, mint), call.nowMs);
  const reason = `the allocations go to ${all.join(', ')}`;
  const audit = auditDecision(call, { action: 'token.genesis_ordered', target: mint, reason });
  try {
    await commit(needs, [putIssuance(issuance), putIssuanceState(state), audit]);
  } catch (error) {
    if (!(error instanceof WriteRefused)) throw error;
    const first = await getIssuance(needs.database, 'genesis');
    if (first === undefined) throw error;
    return answerOf(first, wallets);
  }
  return genesisToJson(issuance);
};

/** What stands there, to whoever asks for the same. */
const answerOf = (genesis: Issuance, wallets: Wallets) => {
  const isSame = allocationNames.every(
    (name, at) => genesis.receipts[at]?.wallet === wallets[name],
  );
  if (!isSame) throw new AppError('token.genesis_ordered', { extra: { mint: genesis.mint } });
  return genesisToJson(genesis);
};

const placesOf = async (
  wallets: Wallets,
  mint: string,
): Promise<Readonly<Record<AllocationName, Omit<Receipt, 'units'>>>> => {
  const placeOf = async (wallet: string) => ({
    wallet,
    tokenAccount: await tokenAccountOf(wallet, mint),
  });
  return {
    seed: await placeOf(wallets.seed),
    series_a: await placeOf(wallets.series_a),
    core: await placeOf(wallets.core),
    ecosystem: await placeOf(wallets.ecosystem),
    community: await placeOf(wallets.community),
  };
};

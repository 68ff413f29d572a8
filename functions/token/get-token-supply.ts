/** GET /v1/token/supply: how much of the token there is and where it came from, from what is stored. */
import type { Database } from '../../shared/core/database.ts';
import { sumAccount } from '../../shared/ledger/ledger-store.ts';
import { getRewardFund } from '../../shared/ledger/rewards/io-balance-store.ts';
import { getTreasury } from '../../shared/payments/treasury/treasury-store.ts';
import { sumStaked } from '../../shared/rewards/stake-store.ts';
import type { IssuanceState } from '../../shared/token/issuance.ts';
import { getIssuance, getIssuanceState } from '../../shared/token/issuance-store.ts';
import { requireTokenSettings } from '../../shared/token/token-mode.ts';
import {
  existingSupplyToJson,
  ownSupplyToJson,
  type SupplyFacts,
} from '../../shared/token/token-schemas.ts';
import type { Runtime } from '../kit/runtime.ts';

export const getTokenSupply = async (needs: Pick<Runtime, 'database' | 'token'>) => {
  const { mode } = requireTokenSettings(needs.token);
  const { database } = needs;
  // First what was minted: what is minted in between is not counted twice.
  const state = mode === 'own' ? await getIssuanceState(database) : undefined;
  const [issuances, issuance, unallocatedUnits, stakedUnits, fundUnits, treasury] =
    await Promise.all([
      listMinted(database, state),
      sumAccount(database, 'ext:issuance'),
      sumAccount(database, 'reward:unallocated'),
      sumStaked(database),
      getRewardFund(database),
      getTreasury(database),
    ]);
  const supplyUnits = treasury?.ioSupplyUnits ?? undefined;
  const facts: SupplyFacts = {
    ...{ state, ...issuances, notYetMintedUnits: -issuance },
    ...{ unallocatedUnits, stakedUnits, fundUnits },
    mint: treasury?.tokens.io.mint,
    chain:
      treasury === undefined || supplyUnits === undefined
        ? undefined
        : { units: supplyUnits, checkedAtMs: treasury.checkedAtMs },
  };
  return mode === 'own' ? ownSupplyToJson(facts) : existingSupplyToJson(facts);
};

const listMinted = async (database: Database, state: IssuanceState | undefined) => {
  const days = state?.daysMinted ?? 0;
  const [genesis, lastMint] = await Promise.all([
    state && getIssuance(database, 'genesis'),
    days > 0 ? getIssuance(database, `mint:${days - 1}`) : undefined,
  ]);
  return { genesis, lastMint };
};

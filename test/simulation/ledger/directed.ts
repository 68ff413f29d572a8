/**
 * Directed races and cases that a plain fuzz hits too rarely. Each scenario brings about one interleaving
 * by hand and throws when the ledger comes out wrong.
 */
import { cardScenarios } from './directed-cards.ts';
import { chainScenarios } from './directed-chain.ts';
import { creditScenarios } from './directed-credit.ts';
import { maturityScenarios } from './directed-maturity.ts';
import { rewardScenarios } from './directed-rewards.ts';
import { settlementScenarios } from './directed-settlement.ts';
import { stakeScenarios } from './directed-stakes.ts';
import type { Scenario } from './scenario.ts';

export const scenarios: readonly Scenario[] = [
  ...settlementScenarios,
  ...creditScenarios,
  ...maturityScenarios,
  ...cardScenarios,
  ...chainScenarios,
  ...rewardScenarios,
  ...stakeScenarios,
];

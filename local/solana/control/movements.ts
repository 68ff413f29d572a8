/**
 * The oracle: what really came to a token account and went, by the transactions' balances, whatever
 * the nodes are told to hide.
 */
import type { Address } from '@solana/kit';
import type { Chain } from '../chain/chain.ts';
import type { Landed } from '../chain/landed.ts';
import type { Commitment } from '../chain/slots.ts';

export interface Movement {
  readonly signature: string;
  readonly slot: number;
  /** Epoch seconds. */
  readonly blockTime: number;
  readonly mint: Address;
  /** Units that came; negative where they went. */
  readonly units: string;
  readonly commitment: Commitment;
}

const heldBy = (landed: Landed, account: Address, when: 'before' | 'after') => {
  const index = landed.keys.indexOf(account);
  return landed[when].tokens.find(({ accountIndex }) => accountIndex === index);
};

/** Each transaction that changed what this token account holds, oldest first. */
export const movementsOf = (chain: Chain, account: Address): readonly Movement[] =>
  chain.naming(account).flatMap((landed) => {
    const [was, is] = [heldBy(landed, account, 'before'), heldBy(landed, account, 'after')];
    const mint = (is ?? was)?.mint;
    const units = BigInt(is?.uiTokenAmount.amount ?? 0) - BigInt(was?.uiTokenAmount.amount ?? 0);
    if (mint === undefined || units === 0n) return [];
    const commitment = chain.slots.levelOf(landed.slot) ?? 'processed';
    const { slot, blockTime, wire } = landed;
    return [
      { signature: wire.signature, slot, blockTime, mint, units: units.toString(), commitment },
    ];
  });

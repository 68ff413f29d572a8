/** What a transaction of the treasury pays for priority: as much as others do, up to a limit. */
import { askFirst } from './ask-providers.ts';
import type { SendingNeeds } from './sending-needs.ts';

/** What priority may cost at most, whatever others pay: micro-lamports per compute unit. */
const microLamportsMax = 500_000n;

/** Micro-lamports per compute unit, for a transaction that writes these accounts. */
export const askPriorityFee = async (
  needs: SendingNeeds,
  writableAccounts: readonly string[],
): Promise<bigint> => {
  const asked = await askFirst(needs, await needs.solana(), (one) =>
    one.getPriorityFee(writableAccounts),
  );
  return asked < microLamportsMax ? asked : microLamportsMax;
};

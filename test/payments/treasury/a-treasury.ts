/** The treasury as a check saw it: sound unless told, with nothing in custody. */
import type { Token } from '../../../shared/core/chain.ts';
import type { Treasury } from '../../../shared/payments/treasury/treasury.ts';

const nothing = { heldUnits: 0n, bookedUnits: 0n, unpostedUnits: 0n };
const custody = { ...nothing, slot: 0n, differsSinceMs: null };

export const aTreasury = (
  mints: Readonly<Record<Token, string>>,
  parts: Partial<Treasury> = {},
): Treasury => ({
  ...{ wallet: 'treasury', lamports: 10n ** 10n, problems: [], checkedAtMs: 0 },
  tokens: {
    usdc: { mint: mints.usdc, account: 'usdc account' },
    io: { mint: mints.io, account: 'io account' },
  },
  custody: { usdc: custody, io: custody },
  debts: { units: 0n, organisations: 0 },
  payouts: { count: 0, units: 0n, oldestMs: null },
  oldestSuspenseMs: null,
  ioSupplyUnits: null,
  ...parts,
});

/** A finalized transaction as a provider that has it tells it: what was done, for whoever posts it. */
import { assert } from '../../../shared/core/assert.ts';
import type { ChainTransaction } from '../../../shared/core/chain.ts';
import { AppError } from '../../../shared/core/errors.ts';
import { askAll } from './ask-providers.ts';
import type { SendingNeeds } from './sending-needs.ts';

/** Throws `solana.unavailable` while no provider shows it; it is known to be finalized. */
export const requireFinalized = async (
  needs: SendingNeeds,
  signature: string,
): Promise<ChainTransaction> => {
  const readings = await askAll(needs, await needs.solana(), (provider) =>
    provider.getTransaction(signature, 'finalized'),
  );
  for (const reading of readings) {
    if (reading.outcome === 'read') return reading.transaction;
  }
  // It is finalized: this one has not come so far, or does not keep what is old.
  assert(
    !readings.some(({ outcome }) => outcome === 'unreadable'),
    `${signature} cannot be read any more`,
  );
  throw new AppError('solana.unavailable', { details: { transaction: signature } });
};

/**
 * Sends the bytes of a signed transaction to every provider. They were written before; the same bytes again
 * change nothing, so it may be done as often as one likes.
 */
import type { Attempt } from '../../../shared/payments/payouts/batch.ts';
import { askAll } from './ask-providers.ts';
import type { SendingNeeds } from './sending-needs.ts';

/** Answers how many providers took it; none of one that was found on the chain, whose bytes nobody has. */
export const sendAttempt = async (
  needs: SendingNeeds,
  { wire }: Pick<Attempt, 'wire'>,
): Promise<number> => {
  if (wire === '') return 0;
  const bytes = Buffer.from(wire, 'base64');
  const taken = await askAll(needs, await needs.solana(), (provider) => provider.send(bytes));
  return taken.length;
};

/**
 * Has the treasury's key sign a transaction, and refuses one that took so long that its blockhash is nearly
 * over: it would cost an attempt for nothing. What is refused here was seen by nobody and cannot land.
 */
import { type UnsignedTransfer, withSignature } from '../../../shared/adapters/solana-message.ts';
import type { Lifetime } from '../../../shared/payments/payouts/batch.ts';
import { askFirst } from './ask-providers.ts';
import type { SendingNeeds } from './sending-needs.ts';

/** Blocks that must be left: finality is some 32 behind the newest, and a transaction takes a few. */
const blocksLeftMin = 70n;

export interface ReadyTransfer {
  readonly signature: string;
  /** Base64. */
  readonly wire: string;
}

export const signTransfer = async (
  needs: SendingNeeds,
  { transfer, lifetime }: { readonly transfer: UnsignedTransfer; readonly lifetime: Lifetime },
): Promise<ReadyTransfer | 'too_old'> => {
  const bytes = await needs.signer.sign(transfer.message);
  if (lifetime.kind === 'blockhash') {
    const height = await askFirst(needs, await needs.solana(), (one) =>
      one.getFinalizedBlockHeight(),
    );
    if (lifetime.lastValidBlockHeight - height < blocksLeftMin) return 'too_old';
  }
  const { signature, wire } = withSignature(transfer, bytes);
  return { signature, wire: Buffer.from(wire).toString('base64') };
};

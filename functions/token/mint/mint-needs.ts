/** What the workflow `mint-emission` needs: what sends the treasury's transactions, and the mint's address. */
import type { SendingNeeds } from '../../payments/sending/sending-needs.ts';

export interface MintNeeds extends SendingNeeds {
  /** Address of the own mint, whether it is made or not. */
  readonly ownMint: () => Promise<string>;
}

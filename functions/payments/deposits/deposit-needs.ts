/** What the functions have that find what came to the treasury's token accounts. */
import type { QueuePort } from '../../../shared/adapters/queue.ts';
import type { SolanaPort } from '../../../shared/adapters/solana-port.ts';
import type { WatchedAccount } from '../../../shared/payments/deposits/arrival.ts';
import type { Runtime } from '../../kit/runtime.ts';

export interface DepositNeeds extends Runtime {
  /** The providers, one or more; throws `solana.not_configured` while none is. */
  readonly chain: () => Promise<readonly SolanaPort[]>;
  /** The treasury's token accounts; throws `solana.not_configured` while they are not known. */
  readonly watched: () => Promise<readonly WatchedAccount[]>;
  /** Where a person is told of transactions that nobody can read, or that must not be. */
  readonly unreadable: QueuePort;
  /** The most IO, in base units, that deposits may raise the platform's position to. */
  readonly ioPositionLimit: bigint;
}

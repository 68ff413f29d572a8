/** The control of this stand-in, typed by its contract. */
import { type Control, controlOf } from '../../control-client.ts';
import type { Commands } from './commands.ts';

export type SolanaControl = Control<Commands>;

/** The control of the local chain at this address. */
export const solanaControl = (url: string): SolanaControl =>
  controlOf<Commands>({ name: 'local Solana', url });

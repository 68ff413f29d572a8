/** Where the mint of IO is: an own one follows from the treasury's wallet, any other is configured. */
import { ownMintOf } from '../../../shared/adapters/solana-mint.ts';
import type { TokenSettings } from '../../../shared/token/token-mode.ts';
import type { Environment } from '../../kit/env.ts';

export const ioMintOf = (
  env: Environment,
  token: TokenSettings | undefined,
): ((treasury: string) => Promise<string>) => {
  if (token?.mode === 'own') return ownMintOf;
  const mint = env.require('IO_MINT');
  return async () => mint;
};

/** What the check of the treasury needs, out of the environment: providers, the key's address, the mints. */
import { kmsSigner } from '../../../shared/adapters/kms.ts';
import { secrets } from '../../../shared/adapters/secrets.ts';
import { tokenAccountOf } from '../../../shared/adapters/solana-message.ts';
import { solanaProviders } from '../../../shared/adapters/solana-providers.ts';
import type { Environment } from '../../kit/env.ts';
import type { Runtime } from '../../kit/runtime.ts';
import { ioMintOf } from '../sending/io-mint.ts';
import type { TreasuryNeeds } from './check-treasury.schedule.ts';

/** Of a function that may read the key's public half, and sign nothing. */
export const treasuryNeeds = (env: Environment, runtime: Runtime): TreasuryNeeds => {
  const { clock, pause, token } = runtime;
  const ioMint = ioMintOf(env, token);
  const key = kmsSigner({ keyArn: env.require('TREASURY_KEY_ARN'), pause });
  const placeOf = async (wallet: string, mint: string) => ({
    mint,
    account: await tokenAccountOf(wallet, mint),
  });
  return {
    ...runtime,
    chain: solanaProviders({
      secrets: secrets(clock),
      secretArn: env.require('SOLANA_RPC_SECRET_ARN'),
      pause,
    }),
    places: async () => {
      const wallet = await key.getAddress();
      const [usdc, io] = await Promise.all([
        placeOf(wallet, env.require('USDC_MINT')),
        ioMint(wallet).then((mint) => placeOf(wallet, mint)),
      ]);
      return { wallet, tokens: { usdc, io } };
    },
  };
};

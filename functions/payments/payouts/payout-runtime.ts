/** The runtime of the function that pays suppliers: one of two that may have the treasury's key sign. */
import { kmsSigner } from '../../../shared/adapters/kms.ts';
import { secrets } from '../../../shared/adapters/secrets.ts';
import { solanaProviders } from '../../../shared/adapters/solana-providers.ts';
import type { Environment } from '../../kit/env.ts';
import { createRuntime } from '../../kit/runtime.ts';
import { ioMintOf } from '../sending/io-mint.ts';
import type { PayoutNeeds } from './payout-needs.ts';

export const createPayoutRuntime = (env: Environment): PayoutNeeds => {
  const runtime = createRuntime(env);
  const { clock, pause, token } = runtime;
  const signer = kmsSigner({ keyArn: env.require('TREASURY_KEY_ARN'), pause });
  const ioMint = ioMintOf(env, token);
  const providers = solanaProviders({
    secrets: secrets(clock),
    secretArn: env.require('SOLANA_RPC_SECRET_ARN'),
    pause,
  });
  return {
    ...runtime,
    solana: providers,
    signer,
    mintOf: async (asset) =>
      asset === 'io' ? ioMint(await signer.getAddress()) : env.require('USDC_MINT'),
    format: 'v1',
    nonceAccount: env.get('PAYOUT_NONCE_ACCOUNT'),
  };
};

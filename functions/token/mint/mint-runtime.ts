/** The runtime of the function that mints IO: it may have the treasury's key sign. */
import { kmsSigner } from '../../../shared/adapters/kms.ts';
import { secrets } from '../../../shared/adapters/secrets.ts';
import { ownMintOf } from '../../../shared/adapters/solana-mint.ts';
import { solanaProviders } from '../../../shared/adapters/solana-providers.ts';
import type { Environment } from '../../kit/env.ts';
import { createRuntime } from '../../kit/runtime.ts';
import type { MintNeeds } from './mint-needs.ts';

export const createMintRuntime = (env: Environment): MintNeeds => {
  const runtime = createRuntime(env);
  const { clock, pause } = runtime;
  const signer = kmsSigner({ keyArn: env.require('TREASURY_KEY_ARN'), pause });
  return {
    ...runtime,
    solana: solanaProviders({
      secrets: secrets(clock),
      secretArn: env.require('SOLANA_RPC_SECRET_ARN'),
      pause,
    }),
    signer,
    format: 'v1',
    ownMint: async () => ownMintOf(await signer.getAddress()),
  };
};

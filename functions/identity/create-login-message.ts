/**
 * POST /v1/logins/solana/message: a text for a wallet to sign, to sign in with. Anybody may ask for any address:
 * the answer is the same whether the wallet is known or not.
 */
import type * as z from 'zod';
import type { createLoginMessageSchema } from '../../shared/identity/login-schemas.ts';
import { newWalletMessage, type SignInSite } from '../../shared/identity/wallet-message.ts';
import { putWalletMessage } from '../../shared/identity/wallet-message-store.ts';
import { walletMessageToJson } from '../../shared/identity/wallet-schemas.ts';
import type { Call } from '../kit/route.ts';
import { type CommitRuntime, commit } from '../kit/transaction.ts';

export const createLoginMessage = async (
  needs: CommitRuntime & { readonly site: SignInSite },
  call: Call<'public', unknown, unknown, z.output<typeof createLoginMessageSchema>>,
) => {
  const message = newWalletMessage(needs.site, needs.randomness, {
    id: call.newId('wmg'),
    address: call.body.address,
    purpose: { kind: 'sign_in' },
    nowMs: call.nowMs,
  });
  await commit(needs, [putWalletMessage(message)]);
  return walletMessageToJson(message);
};

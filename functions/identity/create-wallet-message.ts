/**
 * POST /v1/wallet-messages: a text for a wallet to sign, which names the organisation that asks and what the
 * signature is for, so that it serves nothing and nobody else.
 */
import type * as z from 'zod';
import { present } from '../../shared/core/assert.ts';
import { WriteRefused } from '../../shared/core/database.ts';
import type { Id } from '../../shared/core/ids.ts';
import {
  newWalletMessage,
  type SignInSite,
  type WalletPurpose,
} from '../../shared/identity/wallet-message.ts';
import { getWalletMessage, putWalletMessage } from '../../shared/identity/wallet-message-store.ts';
import {
  type createWalletMessageSchema,
  walletMessageToJson,
} from '../../shared/identity/wallet-schemas.ts';
import type { Call } from '../kit/route.ts';
import { type CommitRuntime, commit } from '../kit/transaction.ts';
import { requireGrantableRole } from './grantable.ts';

type Body = z.output<typeof createWalletMessageSchema>;

export const createWalletMessage = async (
  needs: CommitRuntime & { readonly site: SignInSite },
  call: Call<'key', unknown, unknown, Body>,
) => {
  const purpose = purposeOf(call.caller.organisationId, call.body);
  if (call.body.role) requireGrantableRole(call.caller, call.body.role);
  const message = newWalletMessage(needs.site, needs.randomness, {
    id: call.newId('wmg'),
    address: call.body.address,
    purpose,
    nowMs: call.nowMs,
  });
  try {
    await commit(needs, [putWalletMessage(message)]);
    return walletMessageToJson(message);
  } catch (error) {
    if (!(error instanceof WriteRefused)) throw error;
    // The same attempt was committed before its answer was stored.
    const made = await getWalletMessage(needs.database, message.id);
    return walletMessageToJson(present(made, 'the id of a message was taken'));
  }
};

const purposeOf = (organisationId: Id<'org'>, body: Body): WalletPurpose => {
  switch (body.purpose) {
    case 'register_wallet':
      return { kind: body.purpose, organisationId, role: body.role ?? null };
    case 'payout_wallet':
      return { kind: body.purpose, organisationId, asset: present(body.asset, 'no asset') };
    case 'deposit_claim': {
      const transaction = present(body.transaction, 'no transaction');
      return { kind: body.purpose, organisationId, transaction };
    }
  }
};

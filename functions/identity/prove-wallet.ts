/**
 * What a wallet's signature is worth: the one place where a proof is looked at. It counts for the purpose that
 * the signed text names and no other, until the text expires, once; whoever uses it puts `spend` into the
 * transaction of what it is for, so that use and effect are one.
 */
import type { Database, Write } from '../../shared/core/database.ts';
import { AppError } from '../../shared/core/errors.ts';
import { isSignedBy } from '../../shared/core/solana-address.ts';
import { decideMessage, type WalletPurpose } from '../../shared/identity/wallet-message.ts';
import {
  getWalletMessage,
  spendWalletMessage,
} from '../../shared/identity/wallet-message-store.ts';

export interface WalletProof {
  readonly message_id: string;
  /** In base58. */
  readonly signature: string;
}

export interface AskedProof {
  readonly proof: WalletProof;
  readonly purpose: WalletPurpose;
  /** An id of this attempt: a repeat of it that was cut off after its effect is told so. */
  readonly attempt: string;
  readonly nowMs: number;
}

export type ProvenWallet =
  | { readonly outcome: 'proven'; readonly address: string; readonly spend: Write }
  /** This very attempt has spent it, and with it had its effect. */
  | { readonly outcome: 'done_before'; readonly address: string };

/**
 * The wallet that signed. `wallet.message_not_found` (also for a message of another purpose or organisation),
 * `wallet.message_spent`, `wallet.message_expired`, `wallet.signature_invalid`.
 */
export const proveWallet = async (
  { database }: { readonly database: Database },
  { proof, purpose, attempt, nowMs }: AskedProof,
): Promise<ProvenWallet> => {
  const message = await getWalletMessage(database, proof.message_id);
  if (!message) throw new AppError('wallet.message_not_found');
  const decision = decideMessage(message, { purpose, attempt, nowMs });
  if (decision === 'of_another_purpose') throw new AppError('wallet.message_not_found');
  if (!isSignedBy(message.address, Buffer.from(message.text), proof.signature)) {
    throw new AppError('wallet.signature_invalid');
  }
  if (decision === 'spent') throw new AppError('wallet.message_spent');
  if (decision === 'expired') throw new AppError('wallet.message_expired');
  const { address } = message;
  return decision === 'spent_by_us'
    ? { outcome: 'done_before', address }
    : { outcome: 'proven', address, spend: spendWalletMessage(message, attempt, nowMs) };
};

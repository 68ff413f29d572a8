/** The keys of receipts: the one that signs, and the one before it, which is published with it. */
import type { SecretPort } from '../../shared/adapters/secrets.ts';
import { type ReceiptKey, receiptKeyOf } from '../../shared/proofs/receipt-key.ts';

export interface ReceiptKeyNeeds {
  readonly secrets: SecretPort;
  /** The secret that the deployment made for receipts. */
  readonly receiptSecretArn: string;
}

/** The key that signs receipts now. */
export const currentReceiptKey = async (needs: ReceiptKeyNeeds): Promise<ReceiptKey> =>
  receiptKeyOf(await needs.secrets.read(needs.receiptSecretArn));

/** The key before it; undefined when there was none. */
export const previousReceiptKey = async (
  needs: ReceiptKeyNeeds,
): Promise<ReceiptKey | undefined> => {
  const secret = await needs.secrets.readPrevious(needs.receiptSecretArn);
  return secret === undefined ? undefined : receiptKeyOf(secret);
};

/** GET /v1/proofs/receipt-keys: the public keys against which anybody checks receipts. */
import type * as z from 'zod';
import type { receiptKeysSchema } from '../../shared/proofs/slot-schemas.ts';
import { currentReceiptKey, previousReceiptKey, type ReceiptKeyNeeds } from './receipt-keys.ts';

type Answer = z.input<typeof receiptKeysSchema>;

export const listReceiptKeys = async (needs: ReceiptKeyNeeds): Promise<Answer> => {
  const { kid, publicKey } = await currentReceiptKey(needs);
  const keys: Answer['keys'] = [{ kid, public_key: publicKey, status: 'current' }];
  const before = await previousReceiptKey(needs);
  if (before && before.kid !== kid) {
    keys.push({ kid: before.kid, public_key: before.publicKey, status: 'previous' });
  }
  return { keys };
};

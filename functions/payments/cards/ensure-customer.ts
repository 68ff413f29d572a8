/**
 * The organisation's customer at the card provider, made the first time that it is needed. Two at once get
 * the same one: the provider is asked under one key, and the first answer stays.
 */
import { requireOrganisation } from '../../../shared/identity/organisation-store.ts';
import { changedCardAccount } from '../../../shared/payments/cards/card-account.ts';
import {
  getCardAccount,
  putCardAccount,
} from '../../../shared/payments/cards/card-account-store.ts';
import { retryRefused } from '../../kit/retry.ts';
import type { PaymentNeeds } from './payment-needs.ts';

export const ensureCustomer = (
  needs: Omit<PaymentNeeds, 'keyMode'>,
  organisation: string,
): Promise<string> =>
  retryRefused(needs, async () => {
    const account = await getCardAccount(needs.database, organisation);
    if (account.customerId !== null) return account.customerId;
    const { name } = await requireOrganisation(needs.database, organisation);
    const customerId = await (await needs.stripe()).createCustomer(organisation, name);
    await needs.database.write(putCardAccount(changedCardAccount(account, { customerId })));
    return customerId;
  });

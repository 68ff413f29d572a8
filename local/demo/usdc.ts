/**
 * Paying and being paid on Solana, as people do it with a wallet: credit bought in USDC through a payment link,
 * a wallet proved by its signature, matured earnings paid out to it. Schedules are called by hand, so that
 * nobody waits for the minute.
 */

import type { Token } from '../../shared/core/chain.ts';
import { walletMessageSchema } from '../../shared/identity/wallet-schemas.ts';
import { depositSchema } from '../../shared/payments/deposits/deposit-schemas.ts';
import { payoutSchema } from '../../shared/payments/payouts/payout-schemas.ts';
import { payoutWalletSchema } from '../../shared/payments/payouts/payout-wallet-schemas.ts';
import type { Platform } from '../platform.ts';
import { UserError } from '../user-error.ts';
import type { Tenant } from './organisations.ts';
import type { SolanaWallet } from './solana-wallet.ts';
import { waitFor } from './wait.ts';

/** Finality takes some 13 seconds; a busy machine takes its time as well. */
const patience = { seconds: 180, everyMs: 1_000 };

/** Buys credit for so many micro-dollars of USDC; answers the deposit when it is credited. */
export const depositUsdc = async (
  platform: Platform,
  customer: Tenant,
  wallet: SolanaWallet,
  units: bigint,
) => {
  const asked = await customer.api.post(
    '/v1/deposits',
    { token: 'usdc', amount: { amount: units.toString(), currency: 'usd' } },
    depositSchema,
  );
  await wallet.pay(asked.url);
  return waitFor(
    'the deposit to be credited',
    async () => {
      await platform.invoke('payments-deposits', { task: 'poll-deposits' });
      const now = await customer.api.get(`/v1/deposits/${asked.id}`, depositSchema);
      return now.status === 'paid' ? now : undefined;
    },
    patience,
  );
};

/** Proves the wallet and names it for payouts; it can be paid when its cool-down is over. */
export const registerPayoutWallet = async (
  supplier: Tenant,
  wallet: SolanaWallet,
  asset: Token = 'usdc',
) => {
  const { id, message } = await supplier.api.post(
    '/v1/wallet-messages',
    { address: wallet.address, purpose: 'payout_wallet', asset },
    walletMessageSchema,
  );
  return supplier.api.post(
    '/v1/payout-wallets',
    { message_id: id, signature: wallet.sign(message), asset },
    payoutWalletSchema,
  );
};

/** Pays so many micro-dollars of matured earnings out in USDC; answers the payout when it is paid. */
export const payOutUsdc = async (platform: Platform, supplier: Tenant, units: bigint) => {
  const asked = await supplier.api.post(
    '/v1/payouts',
    { amount: { amount: units.toString(), currency: 'usd' }, asset: 'usdc' },
    payoutSchema,
  );
  await platform.invoke('payments-schedules', { task: 'start-payouts' });
  return waitFor(
    'the payout to be paid',
    async () => {
      const now = await supplier.api.get(`/v1/payouts/${asked.id}`, payoutSchema);
      if (now.status === 'failed') {
        throw new UserError(`The payout failed: ${now.status_reason}. ${now.suggestion}`);
      }
      return now.status === 'paid' ? now : undefined;
    },
    patience,
  );
};

/** What a wallet that nobody knows brings where sign-ups are open: an organisation, and the wallet as its owner. */
import type { Write } from '../../shared/core/database.ts';
import { AppError } from '../../shared/core/errors.ts';
import type { Id } from '../../shared/core/ids.ts';
import { dayOf } from '../../shared/core/time.ts';
import { putAuditEvent } from '../../shared/identity/audit-store.ts';
import { putOrganisation } from '../../shared/identity/organisation-store.ts';
import { countSignUp, type SignUpMode } from '../../shared/identity/sign-up.ts';
import { shortAddress, type Wallet } from '../../shared/identity/wallet.ts';
import { putWallet } from '../../shared/identity/wallet-store.ts';

export interface SignUpIds {
  readonly organisationId: Id<'org'>;
  readonly walletId: Id<'wal'>;
  readonly auditId: Id<'adt'>;
}

/** The wallet that it will be, and the writes; the first of them is refused when the day is full. */
export const planSignUp = (
  mode: SignUpMode,
  order: SignUpIds & {
    readonly address: string;
    readonly requestId: string;
    readonly nowMs: number;
  },
): { readonly wallet: Wallet & { readonly role: 'owner' }; readonly writes: readonly Write[] } => {
  if (mode === 'closed') throw new AppError('login.wallet_unknown');
  const { organisationId, walletId: id, auditId, address, requestId, nowMs } = order;
  const wallet = { id, organisationId, address, role: 'owner', payouts: [] } as const;
  const organisation = { id: organisationId, name: `Wallet ${shortAddress(address)}` };
  const audit = putAuditEvent({
    id: auditId,
    organisationId,
    action: 'organisation.created',
    actor: id,
    target: organisationId,
    requestId,
    atMs: nowMs,
  });
  const made = { ...wallet, createdAtMs: nowMs };
  return {
    wallet: made,
    writes: [
      countSignUp(dayOf(nowMs)),
      putOrganisation({ ...organisation, createdAtMs: nowMs }),
      ...putWallet(made),
      audit,
    ],
  };
};

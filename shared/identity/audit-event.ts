/** An audit event as a value: who did what to what, and when. */
import type { Id } from '../core/ids.ts';

export const auditActions = [
  'organisation.created',
  'api_key.created',
  'api_key.revoked',
  'login.opened',
  'wallet.registered',
  'wallet.deleted',
  'payout_wallet.named',
  'payout_wallet.removed',
  /** The operator's decisions about others; they stand in the operator's own organisation. */
  'card_freeze.lifted',
  'payout.approved',
  'payout.rejected',
  'payouts.paused',
  'payouts.resumed',
  'wallet.denied',
  'wallet.allowed',
  'earnings.approved',
  'rewards.released',
  'earnings.clawed_back',
  'suspense.assigned',
  'token.genesis_ordered',
] as const;

export interface AuditEvent {
  readonly id: Id<'adt'>;
  readonly organisationId: Id<'org'>;
  readonly action: (typeof auditActions)[number];
  /** `key_...`, `wal_...` of who signed in with it, or `bootstrap`. */
  readonly actor: string;
  /** Id of the thing acted on. */
  readonly target: string;
  /** Why, in the words of who did it; of the operator's decisions. */
  readonly reason?: string;
  readonly requestId: string;
  readonly atMs: number;
}

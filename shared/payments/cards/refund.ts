/**
 * A refund to the card that a customer asked for. Invariants: its credit is held before the provider hears
 * of it; it is posted when the provider has accepted it, and given back when the provider refused it or it
 * failed later. Pure.
 */
import { assert } from '../../core/assert.ts';
import type { Id } from '../../core/ids.ts';

/**
 * `pending` is not done yet; `succeeded`: the provider has accepted it; `refused`: nothing left; `failed`:
 * the bank sent it back, and the credit is there again.
 */
export const refundStatuses = ['pending', 'succeeded', 'refused', 'failed'] as const;

export type RefundStatus = (typeof refundStatuses)[number];

export interface Refund {
  readonly id: Id<'rfd'>;
  readonly organisation: string;
  readonly topUpId: Id<'top'>;
  readonly paymentId: string;
  /** Micro-dollars above 0, whole cents. */
  readonly units: bigint;
  readonly status: RefundStatus;
  /** `re_...`; null until the provider has accepted it. */
  readonly providerRefundId: string | null;
  /** Why it was refused; null otherwise. */
  readonly reason: string | null;
  readonly createdAtMs: number;
  /** Grows by one with each change. */
  readonly version: number;
}

/** Where a refund may go from where it is. */
const nextOf: Readonly<Record<RefundStatus, readonly RefundStatus[]>> = {
  pending: ['succeeded', 'refused', 'failed'],
  succeeded: ['failed'],
  refused: [],
  failed: [],
};

/** The refund in another status; the same object when it is in that status already. */
export const movedRefund = (
  refund: Refund,
  status: RefundStatus,
  changes: Partial<Pick<Refund, 'providerRefundId' | 'reason'>> = {},
): Refund => {
  if (refund.status === status) return refund;
  assert(nextOf[refund.status].includes(status), `${refund.id} from ${refund.status} to ${status}`);
  return { ...refund, ...changes, status, version: refund.version + 1 };
};

/** Payouts, members and batches for tests of rules. */
import type { Batch, Member } from '../../../shared/payments/payouts/batch.ts';
import type { Payout } from '../../../shared/payments/payouts/payout.ts';
import { startMs } from '../../support/runtime.ts';

export const aPayout = (parts: Partial<Payout> = {}): Payout => ({
  id: 'pay_01KA0ZZ9ZZ8Y7X6W5V4T3S2R1Q',
  organisation: 'org_1',
  lane: 'bulk',
  source: 'earnings',
  token: 'usdc',
  units: 50_000_000n,
  feeUnits: 1_000_000n,
  usdUnits: 50_000_000n,
  tokenUnits: 49_000_000n,
  price: null,
  wallet: '4Nd1mYbKf2mHwZkPEVF7Bo4qPaqZ5Vt8zdLPhT6PtqfW',
  status: 'queued',
  reason: null,
  batchId: null,
  signature: null,
  createdAtMs: startMs,
  version: 1,
  ...parts,
});

export const aMember = (n: number): Member => ({
  payoutId: `pay_${String(n).padStart(26, '0')}`,
  organisation: 'org_1',
  wallet: `wallet ${n}`,
  tokenAccount: `account ${n}`,
  units: 1_000_000n,
  usdUnits: 1_000_000n,
});

export const aBatch = (parts: Partial<Batch> = {}): Batch => ({
  id: 'pbt_01KA0ZZ9ZZ8Y7X6W5V4T3S2R1Q',
  lane: 'bulk',
  token: 'usdc',
  status: 'open',
  members: [aMember(1)],
  attempts: 0,
  openedAtMs: startMs,
  version: 1,
  ...parts,
});

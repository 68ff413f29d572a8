/** Our own transactions on chain, as they are written down before they are sent. Pure. */

/** What we send transactions for. */
export const ownPurposes = [
  'payout',
  'rebalancing',
  'token_account',
  'nonce',
  'mint',
  'genesis',
] as const;

export interface OwnTransaction {
  readonly signature: string;
  readonly purpose: (typeof ownPurposes)[number];
  /** What it is for: the batch, the sale, the day that is minted. */
  readonly subjectId: string;
  readonly atMs: number;
}

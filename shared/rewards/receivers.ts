/**
 * Who receives what of an hour: an owner and, where there is one, the co-staker of each device, summed by
 * organisation, for the ledger posts one transfer per receiver. Invariant: the parts sum to the shares.
 */
import { assert } from '../core/assert.ts';
import type { Id } from '../core/ids.ts';
import { mulDivFloor } from '../core/money.ts';
import type { RewardPolicy } from './policy.ts';

/** A share of a device. Amounts are base units of IO. */
export interface OwnedShare {
  readonly units: bigint;
  readonly organisationId: Id<'org'>;
  /** Who staked beside the owner, and how much of the share is theirs, in hundredths of a percent. */
  readonly coStaker: { readonly organisationId: Id<'org'>; readonly basisPoints: number } | null;
  /** Whether it is kept back for now. */
  readonly held: boolean;
}

/** What one organisation receives; `heldUnits` is a part of `units`. */
export interface Receipt {
  readonly organisationId: Id<'org'>;
  readonly units: bigint;
  readonly heldUnits: bigint;
}

/** The co-staker's part, rounded down, and the owner's, which is the rest. */
export const partsOf = (
  units: bigint,
  basisPoints: number,
): { readonly owner: bigint; readonly coStaker: bigint } => {
  assert(
    Number.isSafeInteger(basisPoints) && basisPoints >= 0 && basisPoints <= 10_000,
    `${basisPoints} basis points`,
  );
  const coStaker = mulDivFloor(units, BigInt(basisPoints), 10_000n);
  return { owner: units - coStaker, coStaker };
};

/** Whether the rewards of this hour are held: within the first days from the first rewarded hour on. */
export const isHeld = (
  firstRewardedMs: number | null,
  startMs: number,
  { heldMs }: Pick<RewardPolicy, 'heldMs'>,
): boolean => startMs < (firstRewardedMs ?? startMs) + heldMs;

/** What each organisation receives, in the order of their ids; nobody receives nothing. */
export const receiptsOf = (shares: readonly OwnedShare[]): readonly Receipt[] => {
  const sums = new Map<Id<'org'>, { units: bigint; heldUnits: bigint }>();
  const add = (organisationId: Id<'org'>, units: bigint, held: boolean): void => {
    const sum = sums.get(organisationId) ?? { units: 0n, heldUnits: 0n };
    sum.units += units;
    if (held) sum.heldUnits += units;
    sums.set(organisationId, sum);
  };
  for (const { units, organisationId, coStaker, held } of shares) {
    const parts = partsOf(units, coStaker?.basisPoints ?? 0);
    add(organisationId, parts.owner, held);
    if (coStaker) add(coStaker.organisationId, parts.coStaker, held);
  }
  return [...sums]
    .filter(([, { units }]) => units > 0n)
    .map(([organisationId, sum]) => ({ organisationId, ...sum }))
    .sort((a, b) => (a.organisationId < b.organisationId ? -1 : 1));
};

/**
 * Turns one fact into the writes of one transaction: its transfers if absent, one update per balance, what
 * all stakes add up to, and what goes with it. The updates are computed from the legs, so that `posted` is
 * always the fold of the transfers, and what leaves an account is conditioned by what is available there. An
 * organisation's rewards carry the sum of its stakes. Pure.
 */
import { assert } from '../core/assert.ts';
import type { Condition, Put, Value, Write } from '../core/database.ts';
import { shardOf } from '../core/hash.ts';
import {
  type AccountName,
  type AccountParts,
  type HeldAccount,
  isAuthorising,
  readAccount,
  recordingShards,
  shardFor,
  supplierIoAccount,
} from './account.ts';
import { balanceKey, debtKeys, maturityKeys, reviewKeys, stakedKey, transferKey } from './keys.ts';
import { assertTransfer, type Transfer } from './transfer.ts';

/** What a fact asks of an account beyond its legs: a condition, or attributes beside the amounts. */
export interface Touch {
  readonly account: AccountName;
  readonly condition?: Condition;
  readonly set?: Readonly<Record<string, Value>>;
  readonly remove?: readonly string[];
}

export interface Fact {
  readonly transfers: readonly Transfer[];
  /** Units that become held (positive) or stop being held (negative). */
  readonly held?: readonly { readonly account: HeldAccount; readonly units: bigint }[];
  readonly touches?: readonly Touch[];
  /** The writes of the holds, and what goes with them. */
  readonly others?: readonly Write[];
}

interface Change {
  readonly account: AccountName;
  readonly shard: number;
  posted: bigint;
  held: bigint;
  /** Units that become staked, on any device of the organisation; only of rewards. */
  staked: bigint;
}

/** The writes of one fact, transfers first; each balance stands in them once. */
export const writesOf = (fact: Fact): Write[] => {
  const changes = new Map<string, Change>();
  const changeOf = (account: AccountName, shard: number): Change => {
    const name = `${account}#${shard}`;
    const change = changes.get(name) ?? { account, shard, posted: 0n, held: 0n, staked: 0n };
    changes.set(name, change);
    return change;
  };
  for (const transfer of fact.transfers) {
    assertTransfer(transfer);
    for (const { account, units } of transfer.legs) {
      changeOf(account, shardFor(account, transfer.id)).posted += units;
      const { kind, organisation } = readAccount(account);
      if (kind === 'staked' && organisation !== undefined) {
        changeOf(supplierIoAccount(organisation), 0).staked += units;
      }
    }
  }
  for (const { account, units } of fact.held ?? []) changeOf(account, 0).held += units;
  for (const { account } of fact.touches ?? []) {
    assert(isAuthorising(account), `a condition on recording account ${account}`);
    changeOf(account, 0);
  }
  const balances = [...changes.values()].map((change) =>
    balanceWrite(
      change,
      (fact.touches ?? []).filter(({ account }) => account === change.account),
    ),
  );
  return [
    ...fact.transfers.map(putTransfer),
    ...(fact.others ?? []),
    ...balances,
    ...stakedWrites(fact.transfers),
  ];
};

/** Keeps what all stakes add up to, in shards like a recording account: stakes are too many to be summed. */
const stakedWrites = (transfers: readonly Transfer[]): Write[] => {
  const posted = transfers
    .flatMap(({ legs }) => legs)
    .filter(({ account }) => readAccount(account).kind === 'staked')
    .reduce((sum, { units }) => sum + units, 0n);
  if (posted === 0n) return [];
  const key = stakedKey(shardOf(transfers[0]?.id ?? '', recordingShards));
  return [{ kind: 'update', table: 'ledger', key, add: { posted }, condition: {} }];
};

const balanceWrite = (change: Change, touches: readonly Touch[]): Write => {
  const { account, shard, posted, held, staked } = change;
  const common = { table: 'ledger' as const, key: balanceKey(account, shard) };
  const parts = readAccount(account);
  if (parts.kind === 'recording') {
    return { ...common, kind: 'update', set: { account }, add: { posted }, condition: {} };
  }
  const available = posted - held;
  const condition = both([...touches.map((touch) => touch.condition ?? {}), guard(change)]);
  const set = Object.assign({}, ...touches.map((touch) => touch.set ?? {}));
  const remove = touches.flatMap((touch) => touch.remove ?? []);
  const moved = posted !== 0n || held !== 0n || staked !== 0n;
  const unchanged = !moved && Object.keys(set).length + remove.length === 0;
  if (unchanged) return { ...common, kind: 'check', condition };
  return {
    ...common,
    kind: 'update',
    set: { account, ...listedUnder(parts, posted), ...set },
    add: { posted, held, available, ...(staked === 0n ? {} : { staked }), v: 1n },
    ...(remove.length > 0 ? { remove } : {}),
    condition,
  };
};

/** Where the index lists an account that this many units were added to: what is earned or owed. */
const listedUnder = ({ kind, organisation, day }: AccountParts, posted: bigint) => {
  if (organisation === undefined) return {};
  if (kind === 'debt') return posted < 0n ? debtKeys(organisation) : {};
  if (posted <= 0n || day === undefined) return {};
  return day === 'review' ? reviewKeys(organisation) : maturityKeys(organisation, day);
};

/** What leaves must be there: the overdraft guard, and its like for held credit and for debt. */
const guard = ({ account, posted, held }: Change): Condition => {
  const available = posted - held;
  if (readAccount(account).kind === 'debt') {
    return posted > 0n ? { atMost: { posted: -posted } } : {};
  }
  const atLeast = {
    ...(available < 0n ? { available: -available } : {}),
    ...(held < 0n ? { held: -held } : {}),
  };
  return Object.keys(atLeast).length > 0 ? { atLeast } : {};
};

/** All of these conditions; they must not speak twice of one attribute in the same way. */
const both = (conditions: readonly Condition[]): Condition => {
  const merged: { -readonly [Part in keyof Condition]: Condition[Part] } = {};
  for (const condition of conditions) {
    assert(condition.anyOf === undefined, 'alternatives do not merge');
    if (condition.exists !== undefined) merged.exists = condition.exists;
    if (condition.equals) merged.equals = { ...merged.equals, ...condition.equals };
    if (condition.atLeast) merged.atLeast = { ...merged.atLeast, ...condition.atLeast };
    if (condition.atMost) merged.atMost = { ...merged.atMost, ...condition.atMost };
    if (condition.atMostOrAbsent) {
      merged.atMostOrAbsent = { ...merged.atMostOrAbsent, ...condition.atMostOrAbsent };
    }
    if (condition.missing) merged.missing = [...(merged.missing ?? []), ...condition.missing];
  }
  return merged;
};

/** Puts the transfer unless its id exists. Id and settlement number stand in the key alone. */
export const putTransfer = (transfer: Transfer): Put => ({
  kind: 'put',
  table: 'ledger',
  key: transferKey(transfer.id),
  attributes: {
    cause: transfer.cause,
    asset: transfer.asset,
    code: transfer.code,
    legs: transfer.legs.map(({ account, units }) => ({ account, units })),
    at_ms: transfer.atMs,
    external: transfer.external,
    reason: transfer.reason,
    io: transfer.io && {
      units: transfer.io.units,
      price_id: transfer.io.priceId,
      nano_usd_per_io: transfer.io.nanoUsdPerIo,
    },
    card: transfer.card && {
      payment_id: transfer.card.paymentId,
      liability_shifted: transfer.card.liabilityShifted,
    },
    settlement: transfer.settlement && {
      final: transfer.settlement.final,
      paid_ms: transfer.settlement.paidMs,
      minimum_ms: transfer.settlement.minimumMs,
      beyond_ms: transfer.settlement.beyondMs,
      linked: transfer.settlement.linked,
      customer_part: transfer.settlement.customerPart,
    },
  },
  condition: { exists: false },
});

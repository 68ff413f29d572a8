/**
 * The tables: one per noun, three beside them (presence, requests, beacon). This list is the only one; the
 * stacks, the stores and the in-memory database of the tests all read it. Every table has a string
 * partition key `pk` and a string sort key `sk`.
 */

/** A secondary index: sparse, because an item without both attributes is not in it. */
export interface IndexShape {
  readonly pk: string;
  readonly sk: string;
  readonly projection: 'ALL' | 'KEYS_ONLY';
}

export interface TableShape {
  readonly indexes: Readonly<Record<string, IndexShape>>;
  /** Items with `expires_at_s` (epoch seconds) vanish some time after it. Never for money or timers. */
  readonly ttl: boolean;
  /** Changes are relayed to a stream consumer. */
  readonly stream: boolean;
}

/** Lists what an organisation owns: `owner` is the organisation's id, `owner_sk` `<object>#<id>`. */
const byOwner: IndexShape = { pk: 'owner', sk: 'owner_sk', projection: 'ALL' };

export const tables = {
  /** Organisations, API keys, audit events. */
  identity: { indexes: { by_owner: byOwner }, ttl: false, stream: false },
  /**
   * What is needed for a while: idempotency records, nonces, rate windows, whose a socket connection is,
   * and the offset of the local clock.
   */
  requests: { indexes: {}, ttl: true, stream: false },
  /**
   * Suppliers, sites, join tokens, devices; `by_offer` lists the devices that can be hired now, those
   * that are hired, and those that wait for a test start of Ray.
   */
  devices: {
    indexes: {
      by_owner: byOwner,
      by_offer: { pk: 'offer_pk', sk: 'offer_sk', projection: 'ALL' },
    },
    ttl: false,
    stream: true,
  },
  /**
   * One small item per device: connection, last seen, hours up. Written by heartbeats, openings and
   * closings of sockets, the sweep of the silent, and by what a supplier does to a device.
   */
  presence: { indexes: {}, ttl: false, stream: false },
  /** Suppliers' prices, quotes. */
  market: { indexes: { by_owner: byOwner }, ttl: true, stream: false },
  /** Clusters, nodes, commands, usage, due work; `by_live` lists the clusters not yet closed. */
  clusters: {
    indexes: {
      by_owner: byOwner,
      by_live: { pk: 'live_pk', sk: 'live_sk', projection: 'ALL' },
    },
    ttl: false,
    stream: true,
  },
  /** Transfers, balances, holds, card payments, statement lines; `by_maturity` lists earnings by day. */
  ledger: {
    indexes: { by_maturity: { pk: 'maturity_pk', sk: 'maturity_sk', projection: 'KEYS_ONLY' } },
    ttl: false,
    stream: true,
  },
  /** Invoices; budgets, and what counts against them. */
  payments: { indexes: { by_owner: byOwner }, ttl: false, stream: false },
  /**
   * Proofs and what judges them: challenges, processors' records, places, gates of hours;
   * `by_proof` finds a proof whose device is not known. Of proofs only the light ones vanish, for their
   * hour's gate remembers them.
   */
  proofs: {
    indexes: { by_proof: { pk: 'proof_pk', sk: 'proof_sk', projection: 'KEYS_ONLY' } },
    ttl: true,
    stream: false,
  },
  /**
   * The keys of days, from which the seeds of all slots follow. A table of their own, for who reads them knows
   * ahead who will be called: only the functions that serve slots and judge by them may.
   */
  beacon: { indexes: {}, ttl: false, stream: false },
  /** Epochs and how far they are closed, stakes, and when devices were rewarded first. */
  rewards: { indexes: { by_owner: byOwner }, ttl: false, stream: false },
} as const satisfies Record<string, TableShape>;

export type TableName = keyof typeof tables;

/** The widened shape of one table. */
export const tableShape = (name: TableName): TableShape => tables[name];

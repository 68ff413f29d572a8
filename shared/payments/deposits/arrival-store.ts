/**
 * Arrivals in the payments table. Those that are not done are listed by index `by_owner`, which is the list of
 * work: there is no queue beside it that could lose one. What an arrival changed in its account is added to
 * the account's sum by the write that first knows it.
 */
import * as z from 'zod';
import { present } from '../../core/assert.ts';
import type { Database, Item, Write } from '../../core/database.ts';
import { units, wholeNumber } from '../../core/field.ts';
import {
  type Arrival,
  type ArrivalState,
  type Attribution,
  type Claim,
  suspenseReasons,
  unitsOf,
} from './arrival.ts';
import {
  arrivalKey,
  arrivalOwnerKey,
  doneArrivals,
  openArrivals,
  slotText,
  sumKey,
  sumKeys,
  suspendedArrivals,
  unreadableArrivals,
} from './keys.ts';

const storedPrice = z.object({ nano_usd_per_io: units, id: z.string(), at_ms: wholeNumber });

const storedClaim = z.union([
  z.object({
    organisation: z.string(),
    by: z.enum(['sender', 'operator']),
    at_ms: wholeNumber,
    price: storedPrice.nullable(),
  }),
  z.object({
    funding_id: z.string(),
    for_rewards: z.boolean().default(false),
    at_ms: wholeNumber,
  }),
]);

const stored = z.object({
  signature: z.string(),
  account: z.string(),
  token: z.enum(['usdc', 'io']),
  slot: units,
  found_at_ms: wholeNumber,
  status: z.enum([
    ...(['found', 'unreadable', 'passed', 'attributed'] as const),
    ...(['credited', 'in_suspense', 'claimed'] as const),
  ]),
  units: units.optional(),
  at_ms: wholeNumber.optional(),
  senders: z.array(z.string()).optional(),
  attribution: z
    .union([
      z.object({
        kind: z.literal('credit'),
        organisation: z.string(),
        by: z.enum(['reference', 'memo', 'sender']),
        request_id: z.string().nullable(),
        price: storedPrice.nullable(),
      }),
      z.object({
        kind: z.literal('stake'),
        organisation: z.string(),
        by: z.enum(['reference', 'memo']),
        request_id: z.string(),
        device_id: z.string(),
      }),
      z.object({ kind: z.literal('suspense'), reason: z.enum(suspenseReasons) }),
    ])
    .optional(),
  reason: z.string().optional(),
  claim: storedClaim.nullish(),
  credit: z
    .object({ credit_units: units, fee_units: units, staked_units: units.default(0n) })
    .optional(),
  v: wholeNumber,
});

type Row = z.output<typeof stored>;

const priceOf = (row: z.output<typeof storedPrice> | null) =>
  row && { nanoUsdPerIo: row.nano_usd_per_io, id: row.id, atMs: row.at_ms };

const rowOfPrice = (price: ReturnType<typeof priceOf>) =>
  price && { nano_usd_per_io: price.nanoUsdPerIo, id: price.id, at_ms: price.atMs };

const claimOf = ({ claim }: Row): Claim | null => {
  if (!claim) return null;
  if ('funding_id' in claim) {
    const { funding_id: fundingId, for_rewards: forRewards, at_ms: atMs } = claim;
    return { kind: 'funding', fundingId, forRewards, atMs };
  }
  const { organisation, by, at_ms: atMs, price } = claim;
  return { kind: 'organisation', organisation, by, atMs, price: priceOf(price) };
};

const cameOf = (row: Row) => ({
  units: present(row.units, 'an arrival of nothing'),
  atMs: present(row.at_ms, 'an arrival at no time'),
  senders: row.senders ?? [],
  attribution: attributionOf(row),
});

const attributionOf = (row: Row): Attribution => {
  const attribution = present(row.attribution, 'an arrival without its attribution');
  switch (attribution.kind) {
    case 'suspense':
      return attribution;
    case 'stake': {
      const { kind, organisation, by, request_id: requestId, device_id: deviceId } = attribution;
      return { kind, organisation, by, requestId, deviceId };
    }
    case 'credit': {
      const { kind, organisation, by, request_id: requestId, price } = attribution;
      return { kind, organisation, by, requestId, price: priceOf(price) };
    }
  }
};

const creditOf = ({ credit }: Row) => {
  const row = present(credit, 'an arrival without its credit');
  return {
    creditUnits: row.credit_units,
    feeUnits: row.fee_units,
    stakedUnits: row.staked_units,
  };
};

const stateOf = (row: Row): ArrivalState => {
  const { status } = row;
  switch (status) {
    case 'found':
      return { status };
    case 'unreadable':
      return { status, reason: row.reason ?? '' };
    case 'passed':
      return { status, units: present(row.units, 'passed without units') };
    case 'attributed':
      return { status, ...cameOf(row) };
    case 'credited':
      return { status, ...cameOf(row), credit: creditOf(row) };
    case 'in_suspense': {
      const reason = z.enum(suspenseReasons).parse(row.reason);
      return { status, ...cameOf(row), reason, claim: claimOf(row) };
    }
    case 'claimed': {
      const claim = present(claimOf(row), 'claimed by nobody');
      return { status, ...cameOf(row), claim, credit: creditOf(row) };
    }
  }
};

const parse = (item: Item): Arrival => {
  const row = stored.parse(item);
  return {
    signature: row.signature,
    account: row.account,
    token: row.token,
    slot: row.slot,
    foundAtMs: row.found_at_ms,
    state: stateOf(row),
    version: row.v,
  };
};

const listOfState = ({ state, account }: Arrival): string => {
  if (state.status === 'found' || state.status === 'attributed') return openArrivals;
  if (state.status === 'unreadable') return unreadableArrivals;
  if (state.status !== 'in_suspense') return doneArrivals(account);
  // A claim that was decided is work until it is posted.
  return state.claim === null ? suspendedArrivals : openArrivals;
};

const rowOfClaim = (state: ArrivalState) => {
  if (!('claim' in state) || state.claim === null) return undefined;
  const { claim } = state;
  if (claim.kind === 'funding') {
    const { fundingId, forRewards, atMs } = claim;
    return { funding_id: fundingId, for_rewards: forRewards, at_ms: atMs };
  }
  const { organisation, by, atMs, price } = claim;
  return { organisation, by, at_ms: atMs, price: rowOfPrice(price) };
};

const rowOfAttribution = (state: ArrivalState) => {
  if (!('attribution' in state)) return undefined;
  const { attribution } = state;
  switch (attribution.kind) {
    case 'suspense':
      return { kind: attribution.kind, reason: attribution.reason };
    case 'stake': {
      const { kind, organisation, by, requestId, deviceId } = attribution;
      return { kind, organisation, by, request_id: requestId, device_id: deviceId };
    }
    case 'credit': {
      const { kind, organisation, by, requestId, price } = attribution;
      return { kind, organisation, by, request_id: requestId, price: rowOfPrice(price) };
    }
  }
};

const putArrival = (arrival: Arrival): Write => {
  const { signature, account, slot, state, version } = arrival;
  return {
    kind: 'put',
    table: 'payments',
    key: arrivalKey(signature, account),
    attributes: {
      owner: listOfState(arrival),
      owner_sk: arrivalOwnerKey(slot, signature, account),
      signature,
      account,
      token: arrival.token,
      slot,
      found_at_ms: arrival.foundAtMs,
      status: state.status,
      units: 'units' in state ? state.units : undefined,
      at_ms: 'atMs' in state ? state.atMs : undefined,
      senders: 'senders' in state ? state.senders : undefined,
      attribution: rowOfAttribution(state),
      reason: 'reason' in state ? state.reason : undefined,
      claim: rowOfClaim(state),
      credit:
        'credit' in state
          ? {
              credit_units: state.credit.creditUnits,
              fee_units: state.credit.feeUnits,
              staked_units: state.credit.stakedUnits,
            }
          : undefined,
      v: version,
    },
    condition: version === 1 ? { exists: false } : { equals: { v: version - 1 } },
  };
};

/** Puts a signature that was found, unless it is there. */
export const putNewArrival = (arrival: Arrival): Write => putArrival(arrival);

/** Moves the arrival on from what was read. One transaction, with the account's sum where it is new. */
export const putMovedArrival = (before: Arrival, after: Arrival): readonly Write[] => {
  const units = unitsOf(before) === undefined ? (unitsOf(after) ?? 0n) : 0n;
  if (units === 0n) return [putArrival(after)];
  const sum: Write = {
    kind: 'update',
    table: 'payments',
    key: sumKey(after.account, after.signature),
    add: { units },
    condition: {},
  };
  return [putArrival(after), sum];
};

export const getArrival = async (
  database: Database,
  signature: string,
  account: string,
): Promise<Arrival | undefined> => {
  const item = await database.get('payments', arrivalKey(signature, account));
  return item && parse(item);
};

/** What a transaction brought, to each account of ours that it touched. */
export const listArrivalsOf = async (
  database: Database,
  signature: string,
): Promise<readonly Arrival[]> => {
  const { pk } = arrivalKey(signature, '');
  const page = await database.query('payments', { pk, limit: 10 });
  return page.items.map(parse);
};

/** Which of these signatures, at most 1,000, are stored for the account. */
export const findStored = async (
  database: Database,
  account: string,
  signatures: readonly string[],
): Promise<ReadonlySet<string>> => {
  const all = [...new Set(signatures)];
  const pages = Array.from({ length: Math.ceil(all.length / 100) }, (_, page) =>
    all.slice(page * 100, page * 100 + 100).map((each) => arrivalKey(each, account)),
  );
  const found = await Promise.all(pages.map((keys) => database.getMany('payments', keys)));
  return new Set(found.flat().map((item) => stored.parse(item).signature));
};

export interface ArrivalPage {
  readonly arrivals: readonly Arrival[];
  readonly next: string | undefined;
}

interface PageOrder {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

const listArrivals = async (
  database: Database,
  owner: string,
  page: PageOrder & { readonly descending?: boolean; readonly skFrom?: string },
): Promise<ArrivalPage> => {
  const found = await database.query('payments', { index: 'by_owner', pk: owner, ...page });
  return { arrivals: found.items.map(parse), next: found.next };
};

/** Work, oldest slot first. */
export const listOpenArrivals = (database: Database, page: PageOrder): Promise<ArrivalPage> =>
  listArrivals(database, openArrivals, page);

export const listUnreadableArrivals = (database: Database, page: PageOrder): Promise<ArrivalPage> =>
  listArrivals(database, unreadableArrivals, page);

/** Suspense, newest slot first. */
export const listSuspense = (database: Database, page: PageOrder): Promise<ArrivalPage> =>
  listArrivals(database, suspendedArrivals, { ...page, descending: true });

/** What all transactions that were read changed in the account, at one instant. */
export const sumArrived = async (database: Database, account: string): Promise<bigint> => {
  const items = await database.getTogether('payments', sumKeys(account));
  return items.reduce((sum, item) => sum + (item ? z.object({ units }).parse(item).units : 0n), 0n);
};

/** What transactions after this slot changed in the account; eventually consistent. */
export const sumArrivedAfter = async (
  database: Database,
  account: string,
  slot: bigint,
): Promise<bigint> => {
  let sum = 0n;
  for (const owner of [openArrivals, suspendedArrivals, doneArrivals(account)]) {
    let cursor: string | undefined;
    do {
      const skFrom = slotText(slot + 1n);
      const page: ArrivalPage = await listArrivals(database, owner, {
        limit: 1000,
        skFrom,
        cursor,
      });
      for (const each of page.arrivals)
        sum += each.account === account ? (unitsOf(each) ?? 0n) : 0n;
      cursor = page.next;
    } while (cursor !== undefined);
  }
  return sum;
};

/** Deposit requests in the payments table, and the references by which transactions name them. */
import * as z from 'zod';
import type { Database, Item, Write } from '../../core/database.ts';
import { AppError } from '../../core/errors.ts';
import { storedId, units, wholeNumber } from '../../core/field.ts';
import type { Id } from '../../core/ids.ts';
import type { DepositRequest } from './deposit-request.ts';
import { depositOwnerKey, depositOwnerPrefix, depositRequestKey, referenceKey } from './keys.ts';

const stored = z.object({
  id: storedId<Id<'dep'>>(),
  owner: z.string(),
  token: z.enum(['usdc', 'io']),
  expected_units: units.optional(),
  reference: z.string(),
  pay_to: z.object({ wallet: z.string(), mint: z.string() }),
  stake_device_id: storedId<Id<'dev'>>().optional(),
  lock: z
    .object({
      nano_usd_per_io: units,
      price_id: z.string(),
      price_at_ms: wholeNumber,
      units,
      expires_at_ms: wholeNumber,
      used_units: units,
    })
    .optional(),
  created_at_ms: wholeNumber,
  expires_at_ms: wholeNumber,
  received_units: units,
  credit_units: units,
  fee_units: units,
  staked_units: units.default(0n),
  late_units: units,
  payments: z.array(
    z.object({
      signature: z.string(),
      units,
      credit_units: units,
      fee_units: units,
      staked_units: units.default(0n),
      at_ms: wholeNumber,
    }),
  ),
  seen: z.object({ signature: z.string(), units, until_ms: wholeNumber }).optional(),
  v: wholeNumber,
});

const parse = (item: Item): DepositRequest => {
  const row = stored.parse(item);
  return {
    id: row.id,
    organisation: row.owner,
    token: row.token,
    expectedUnits: row.expected_units ?? null,
    reference: row.reference,
    payTo: row.pay_to,
    stakeDeviceId: row.stake_device_id ?? null,
    lock: row.lock
      ? {
          price: {
            nanoUsdPerIo: row.lock.nano_usd_per_io,
            id: row.lock.price_id,
            atMs: row.lock.price_at_ms,
          },
          units: row.lock.units,
          expiresAtMs: row.lock.expires_at_ms,
        }
      : null,
    lockUsedUnits: row.lock?.used_units ?? 0n,
    createdAtMs: row.created_at_ms,
    expiresAtMs: row.expires_at_ms,
    receivedUnits: row.received_units,
    creditUnits: row.credit_units,
    feeUnits: row.fee_units,
    stakedUnits: row.staked_units,
    lateUnits: row.late_units,
    payments: row.payments.map((each) => ({
      signature: each.signature,
      units: each.units,
      creditUnits: each.credit_units,
      feeUnits: each.fee_units,
      stakedUnits: each.staked_units,
      atMs: each.at_ms,
    })),
    seen: row.seen
      ? { signature: row.seen.signature, units: row.seen.units, untilMs: row.seen.until_ms }
      : null,
    version: row.v,
  };
};

/** Puts the request at its version, over the version before it; the first one if there is none. */
export const putDepositRequest = (request: DepositRequest): Write => ({
  kind: 'put',
  table: 'payments',
  key: depositRequestKey(request.id),
  attributes: {
    id: request.id,
    owner: request.organisation,
    owner_sk: depositOwnerKey(request.id),
    token: request.token,
    expected_units: request.expectedUnits ?? undefined,
    reference: request.reference,
    pay_to: request.payTo,
    stake_device_id: request.stakeDeviceId ?? undefined,
    lock: request.lock
      ? {
          nano_usd_per_io: request.lock.price.nanoUsdPerIo,
          price_id: request.lock.price.id,
          price_at_ms: request.lock.price.atMs,
          units: request.lock.units,
          expires_at_ms: request.lock.expiresAtMs,
          used_units: request.lockUsedUnits,
        }
      : undefined,
    created_at_ms: request.createdAtMs,
    expires_at_ms: request.expiresAtMs,
    received_units: request.receivedUnits,
    credit_units: request.creditUnits,
    fee_units: request.feeUnits,
    staked_units: request.stakedUnits,
    late_units: request.lateUnits,
    payments: request.payments.map((each) => ({
      signature: each.signature,
      units: each.units,
      credit_units: each.creditUnits,
      fee_units: each.feeUnits,
      staked_units: each.stakedUnits,
      at_ms: each.atMs,
    })),
    seen: request.seen
      ? {
          signature: request.seen.signature,
          units: request.seen.units,
          until_ms: request.seen.untilMs,
        }
      : undefined,
    v: request.version,
  },
  condition: request.version === 1 ? { exists: false } : { equals: { v: request.version - 1 } },
});

/** Puts a new request together with its reference. */
export const putNewDepositRequest = (request: DepositRequest): readonly Write[] => [
  putDepositRequest(request),
  {
    kind: 'put',
    table: 'payments',
    key: referenceKey(request.reference),
    attributes: { request_id: request.id },
    condition: { exists: false },
  },
];

export const getDepositRequest = async (
  database: Database,
  requestId: string,
): Promise<DepositRequest | undefined> => {
  const item = await database.get('payments', depositRequestKey(requestId));
  return item && parse(item);
};

/** The organisation's request, or `deposit.not_found`: somebody else's looks like an unknown one. */
export const requireDepositRequest = async (
  database: Database,
  organisation: string,
  requestId: string,
): Promise<DepositRequest> => {
  const request = await getDepositRequest(database, requestId);
  if (request?.organisation !== organisation) throw new AppError('deposit.not_found');
  return request;
};

/** The organisation's requests, newest first. */
export const listDepositRequests = async (
  database: Database,
  organisation: string,
  page: { readonly limit: number; readonly cursor?: string | undefined },
): Promise<{ readonly requests: readonly DepositRequest[]; readonly next: string | undefined }> => {
  const found = await database.query('payments', {
    index: 'by_owner',
    pk: organisation,
    skPrefix: depositOwnerPrefix,
    descending: true,
    ...page,
  });
  return { requests: found.items.map(parse), next: found.next };
};

/** The requests of these ids, in their order; unknown ones are left out. At most 100. */
export const findDepositRequests = async (
  database: Database,
  ids: readonly string[],
): Promise<readonly DepositRequest[]> => {
  if (ids.length === 0) return [];
  const items = await database.getMany('payments', ids.map(depositRequestKey));
  const requests = items.map(parse);
  return ids.flatMap((id) => requests.find((each) => each.id === id) ?? []);
};

const storedReference = z.object({ pk: z.string(), request_id: z.string() });

/** The requests that these keys refer to, in the keys' order. */
export const findByReference = async (
  database: Database,
  keys: readonly string[],
): Promise<readonly DepositRequest[]> => {
  const all = [...new Set(keys)];
  const found: string[] = [];
  for (let from = 0; from < all.length; from += 100) {
    const page = all.slice(from, from + 100).map(referenceKey);
    const rows = (await database.getMany('payments', page)).map((item) =>
      storedReference.parse(item),
    );
    found.push(...page.flatMap(({ pk }) => rows.find((row) => row.pk === pk)?.request_id ?? []));
  }
  return findDepositRequests(database, found.slice(0, 100));
};

/**
 * Commitments in the payments table: put by the order, taken out by what closes or voids the hold, in the
 * same transactions; so each is counted once and given back once.
 */
import * as z from 'zod';
import type { Database, Item, Write } from '../../core/database.ts';
import { storedId, units, wholeNumber } from '../../core/field.ts';
import type { Id } from '../../core/ids.ts';
import type { CredentialId } from '../../identity/principal.ts';
import { commitmentKey, commitmentOwnerKey, commitmentOwnerPrefix } from '../keys.ts';
import type { ByMonth, Commitment } from './commitment.ts';

const perPage = 100;
/** More open clusters of one organisation than this are not looked at. */
const pagesMax = 50;

const stored = z.object({
  cluster_id: storedId<Id<'clu'>>(),
  owner: storedId<Id<'org'>>(),
  key_id: storedId<CredentialId>(),
  units_per_hour: units,
  months: z.record(z.string(), units),
  created_at_ms: wholeNumber,
  until_ms: wholeNumber,
});

const parse = (item: Item): Commitment => {
  const row = stored.parse(item);
  return {
    clusterId: row.cluster_id,
    organisationId: row.owner,
    keyId: row.key_id,
    unitsPerHour: row.units_per_hour,
    months: row.months as ByMonth,
    createdAtMs: row.created_at_ms,
    untilMs: row.until_ms,
  };
};

/** Puts a new commitment; a cluster has one. */
export const putCommitment = (commitment: Commitment): Write => ({
  kind: 'put',
  table: 'payments',
  key: commitmentKey(commitment.clusterId),
  attributes: {
    cluster_id: commitment.clusterId,
    owner: commitment.organisationId,
    owner_sk: commitmentOwnerKey(commitment.clusterId),
    key_id: commitment.keyId,
    units_per_hour: commitment.unitsPerHour,
    months: commitment.months,
    created_at_ms: commitment.createdAtMs,
    until_ms: commitment.untilMs,
  },
  condition: { exists: false },
});

/** Takes the commitment out; holds only once. */
export const takeCommitment = (clusterId: string): Write => ({
  kind: 'delete',
  table: 'payments',
  key: commitmentKey(clusterId),
  condition: { exists: true },
});

/** Holds a transaction to the commitment's being there. */
export const checkCommitment = (clusterId: string): Write => ({
  kind: 'check',
  table: 'payments',
  key: commitmentKey(clusterId),
  condition: { exists: true },
});

/** Undefined once the cluster's hold is closed. */
export const getCommitment = async (
  database: Database,
  clusterId: string,
): Promise<Commitment | undefined> => {
  const item = await database.get('payments', commitmentKey(clusterId));
  return item && parse(item);
};

/** The open commitments of an organisation, newest first; from an index. */
export const listCommitments = async (
  database: Database,
  organisationId: string,
): Promise<readonly Commitment[]> => {
  const found: Commitment[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < pagesMax; page += 1) {
    const { items, next } = await database.query('payments', {
      index: 'by_owner',
      pk: organisationId,
      skPrefix: commitmentOwnerPrefix,
      descending: true,
      limit: perPage,
      cursor,
    });
    found.push(...items.map(parse));
    cursor = next;
    if (cursor === undefined) break;
  }
  return found;
};

/** The methods that tell of transactions: by signature, by account, and how far they have come. */
import * as z from 'zod';
import type { Landed } from '../chain/landed.ts';
import type { Call, Method } from './call.ts';
import { invalidParams, unsupportedVersion } from './rpc-error.ts';
import { encodeLanded } from './transaction-encoding.ts';

const signaturesMax = 1000;
const statusesMax = 256;
/** A status older than this is found only where the history is searched. */
const statusSlots = 300;

/** History is told of blocks that the cluster has voted for. */
const levelSchema = z.enum(['confirmed', 'finalized'], {
  error: 'Method does not support commitment below `confirmed`',
});

const pageSchema = z.looseObject({
  commitment: levelSchema.nullish(),
  before: z.string().nullish(),
  until: z.string().nullish(),
  limit: z.number().int().min(1).max(signaturesMax).nullish(),
});

const told = (call: Call) => (landed: Landed) => {
  const { endpoint, distortions } = call.node;
  return !distortions.hidesFromHistory(landed.wire.signature, endpoint);
};

/**
 * As on a real node, an unknown `before` gives nothing, and an unknown `until` bounds nothing: a node
 * that has not seen it yet answers with its newest page.
 */
const getSignaturesForAddress: Method = (call) => {
  const newest = call.slot(1);
  const { before, until, limit } = call.options(1, pageSchema);
  const { slots } = call.node.chain;
  const all = call.node.chain.naming(call.address(0));
  const slotsBehind = call.node.slotsBehind();
  const page: object[] = [];
  const isKnown = (signature: string): boolean =>
    (call.find(signature, 'processed')?.slot ?? Infinity) <= newest;
  if (before != null && !isKnown(before)) return [];
  const last = until != null && isKnown(until) ? until : undefined;
  let begun = before == null;
  for (let at = all.length - 1; at >= 0 && page.length < (limit ?? signaturesMax); at -= 1) {
    const landed = all[at] as Landed;
    const { signature } = landed.wire;
    if (signature === last) break;
    if (begun && landed.slot <= newest && told(call)(landed)) {
      page.push({
        blockTime: landed.blockTime,
        confirmationStatus: slots.levelOf(landed.slot, slotsBehind) ?? null,
        err: landed.run.err,
        memo: landed.memo,
        signature,
        slot: landed.slot,
        transactionIndex: landed.index,
      });
    }
    begun ||= signature === before;
  }
  return page;
};

const transactionSchema = z.looseObject({
  commitment: levelSchema.nullish(),
  encoding: z.enum(['json', 'jsonParsed', 'base64', 'base58']).nullish(),
  maxSupportedTransactionVersion: z.number().int().nullish(),
});

const getTransaction: Method = (call) => {
  const signature = call.param(0, z.string());
  // Older clients name the encoding alone.
  const named = typeof call.params[1] === 'string' ? { encoding: call.params[1] } : call.params[1];
  const parsed = transactionSchema.safeParse(named ?? {});
  if (!parsed.success) throw invalidParams(`Invalid params: ${z.prettifyError(parsed.error)}`);
  const { commitment, encoding, maxSupportedTransactionVersion: readable } = parsed.data;
  const landed = call.find(signature, commitment ?? 'finalized');
  if (landed === undefined) return null;
  const { distortions } = call.node;
  const version = distortions.versionOf(signature) ?? landed.wire.message.version;
  if (version !== 'legacy' && version > (readable ?? -1)) throw unsupportedVersion(version);
  const answer = encodeLanded(landed, encoding ?? 'json', readable != null);
  return distortions.garbles(signature)
    ? { ...answer, meta: null, transaction: ['AAAA', 'base64'] }
    : answer;
};

const statusesSchema = z.looseObject({ searchTransactionHistory: z.boolean().nullish() });

const getSignatureStatuses: Method = (call) => {
  const signatures = call.param(0, z.array(z.string()));
  if (signatures.length > statusesMax) {
    throw invalidParams(`Too many inputs provided; max ${statusesMax}`);
  }
  const { searchTransactionHistory } = call.options(1, statusesSchema);
  const newest = call.reached('processed');
  const { slots } = call.node.chain;
  const statuses = signatures.map((signature) => {
    const landed = call.find(signature, 'processed');
    if (landed === undefined) return null;
    const { slot, run } = landed;
    if (searchTransactionHistory !== true && slot < newest - statusSlots) return null;
    const confirmationStatus = slots.levelOf(slot, call.node.slotsBehind());
    const confirmations =
      confirmationStatus === 'finalized' ? null : slots.height(newest) - slots.height(slot);
    const status = run.err === null ? { Ok: null } : { Err: run.err };
    return { confirmationStatus, confirmations, err: run.err, slot, status };
  });
  return call.answer(newest, statuses);
};

export const historyMethods: Readonly<Record<string, Method>> = {
  getSignaturesForAddress,
  getTransaction,
  getSignatureStatuses,
};

/**
 * What devices have proved, as their supplier sees it: waits for the verdict, and checks the receipt as any
 * stranger would, against the published keys and by the protocol's own functions.
 */
import type * as z from 'zod';
import { present } from '../../shared/core/assert.ts';
import { listOf } from '../../shared/core/wire.ts';
import { deviceSchema } from '../../shared/devices/schemas.ts';
import { proofReceiptSchema, proofSchema } from '../../shared/proofs/proof-schemas.ts';
import { isReceiptSigned, type Receipt } from '../../shared/proofs/protocol/receipt.ts';
import { receiptKeysSchema } from '../../shared/proofs/slot-schemas.ts';
import { UserError } from '../user-error.ts';
import type { Agent } from './agents.ts';
import type { Tenant } from './organisations.ts';
import { waitFor } from './wait.ts';

type Proof = z.output<typeof proofSchema>;

/** A proof that passed, with its receipt. */
export interface ShownProof {
  /** The device's name. */
  readonly name: string;
  readonly proof: Proof;
  readonly receipt: Receipt;
}

/** The newest proofs of a device. */
export const listProofs = async (supplier: Tenant, deviceId: string): Promise<readonly Proof[]> => {
  const path = `/v1/proofs?device_id=${deviceId}&limit=100`;
  return (await supplier.api.get(path, listOf(proofSchema))).data;
};

/** Waits until all processors of the device have passed a full proof. */
export const untilProved = (supplier: Tenant, agent: Agent): Promise<true> =>
  waitFor(
    `${agent.name} to prove what it can do`,
    async () => {
      const device = await supplier.api.get(`/v1/devices/${agent.deviceId}`, deviceSchema);
      const { proved_at, failure } = device.verification;
      if (failure) throw new UserError(`${agent.name} could not be verified: ${failure}.`);
      return proved_at === null ? undefined : true;
    },
    { seconds: 240 },
  );

/** The receipt of a proof, checked offline: nothing but the published keys is asked of the platform. */
export const checkReceipt = async (supplier: Tenant, proofId: string): Promise<Receipt> => {
  const receipt = await supplier.api.get(`/v1/proofs/${proofId}/receipt`, proofReceiptSchema);
  const { keys } = await supplier.api.get('/v1/proofs/receipt-keys', receiptKeysSchema);
  const published = Object.fromEntries(keys.map(({ kid, public_key }) => [kid, public_key]));
  if (isReceiptSigned(receipt, published)) return receipt;
  throw new UserError(`The receipt of ${proofId} is not signed by a published key.`);
};

/** The last full proof that the device passed, with its checked receipt. */
export const showProof = async (supplier: Tenant, agent: Agent): Promise<ShownProof> => {
  const proofs = await listProofs(supplier, agent.deviceId);
  const passed = proofs.find(({ status, params }) => status === 'passed' && params.profile === 2);
  const proof = present(passed, `${agent.name} has no full proof`);
  return { name: agent.name, proof, receipt: await checkReceipt(supplier, proof.id) };
};

const mebibyte = 1024 * 1024;

/** One line for people: what was measured. */
export const describeProof = ({ name, receipt }: ShownProof): string => {
  const tops = (receipt.gops / 1_000).toPrecision(3);
  const pool = Math.round((receipt.pool_bytes ?? 0) / mebibyte);
  return (
    `${name}: ${receipt.gops} GOP/s (${tops} TOPS), walked ${pool} MiB at ` +
    `${receipt.mbps} MB/s, receipt signed by ${receipt.kid}`
  );
};

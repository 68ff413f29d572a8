/** What a customer does: asks for quotes, spends them, looks at clusters, reads the bill. */
import { randomUUID } from 'node:crypto';
import type * as z from 'zod';
import type { Tenant } from '../../../local/demo/organisations.ts';
import { untilClosed, untilStatus } from '../../../local/demo/rental.ts';
import {
  clusterEventSchema,
  clusterNodeSchema,
  clusterSchema,
  connectionSchema,
} from '../../../shared/clusters/schemas.ts';
import { present } from '../../../shared/core/assert.ts';
import { siblingId } from '../../../shared/core/ids.ts';
import { listOf } from '../../../shared/core/wire.ts';
import { quoteSchema } from '../../../shared/market/schemas.ts';
import { invoiceSchema } from '../../../shared/payments/invoices/invoice-schemas.ts';
import { model } from './stage.ts';

export type Cluster = z.output<typeof clusterSchema>;
export type ClusterNode = z.output<typeof clusterNodeSchema>;
export type Invoice = z.output<typeof invoiceSchema>;

/** How long a cluster may take to come up on a busy machine. */
export const runningWithinSeconds = 240;

/** A quote for whole CPU devices. */
export const quoteFor = (customer: Tenant, devices: number, hours = 1) =>
  customer.api.post(
    '/v1/quotes',
    { items: [{ model, count: devices }], head: 'shared', hours },
    quoteSchema,
  );

/** Spends the quote. */
export const createCluster = (
  customer: Tenant,
  quoteId: string,
  idempotencyKey: string = randomUUID(),
): Promise<Cluster> =>
  customer.api.post('/v1/clusters', { quote_id: quoteId }, clusterSchema, idempotencyKey);

/** Waits until the cluster runs; fails at once when it ends instead. */
export const untilRunning = (customer: Tenant, clusterId: string): Promise<Cluster> =>
  untilStatus(customer, clusterId, ['running'], runningWithinSeconds);

/** A running cluster of so many devices. */
export const rentCluster = async (
  customer: Tenant,
  devices: number,
  hours = 1,
): Promise<Cluster> => {
  const quote = await quoteFor(customer, devices, hours);
  const { id } = await createCluster(customer, quote.id);
  return untilRunning(customer, id);
};

export const getCluster = (customer: Tenant, clusterId: string): Promise<Cluster> =>
  customer.api.get(`/v1/clusters/${clusterId}`, clusterSchema);

export const getConnection = (customer: Tenant, clusterId: string) =>
  customer.api.get(`/v1/clusters/${clusterId}/connection`, connectionSchema);

export const listNodes = async (
  customer: Tenant,
  clusterId: string,
): Promise<readonly ClusterNode[]> => {
  const path = `/v1/clusters/${clusterId}/nodes`;
  return (await customer.api.get(path, listOf(clusterNodeSchema))).data;
};

export const listEvents = async (customer: Tenant, clusterId: string) => {
  const path = `/v1/clusters/${clusterId}/events?limit=100`;
  return (await customer.api.get(path, listOf(clusterEventSchema))).data;
};

/** The node that now serves as head, or as the first worker. */
export const activeNode = (
  nodes: readonly ClusterNode[],
  role: ClusterNode['role'],
): ClusterNode => {
  const serving = nodes.filter((node) => node.status !== 'replaced' && node.status !== 'lost');
  return present(
    serving.find((node) => node.role === role),
    `no ${role} serves`,
  );
};

/** Ends the cluster as its customer does, and waits until everything of it is closed. */
export const terminate = async (customer: Tenant, clusterId: string): Promise<Cluster> => {
  await customer.api.post(`/v1/clusters/${clusterId}/terminate`, {}, clusterSchema);
  return untilClosed(customer, clusterId);
};

export const getInvoice = (customer: Tenant, clusterId: string): Promise<Invoice> =>
  customer.api.get(`/v1/invoices/${siblingId('inv', clusterId as Cluster['id'])}`, invoiceSchema);

/** An invoice's lines by node. */
export const linesByNode = (invoice: Invoice): ReadonlyMap<string, Invoice['lines'][number]> =>
  new Map(invoice.lines.map((line) => [line.node_id, line]));

/** The status and stable code of a refused request; fails when it is not refused. */
export const refusalOf = async (
  request: Promise<unknown>,
): Promise<{ readonly status: unknown; readonly code: unknown }> => {
  try {
    await request;
  } catch (error) {
    if (error instanceof Error && 'status' in error && 'code' in error) {
      return { status: error.status, code: error.code };
    }
    throw error;
  }
  throw new Error('the request was answered');
};

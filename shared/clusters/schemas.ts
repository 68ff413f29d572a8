/** What crosses the boundary of the cluster endpoints that customers call. */
import * as z from 'zod';
import { idSchema } from '../core/ids.ts';
import { moneySchema } from '../core/money.ts';
import { isoSchema, nameSchema } from '../core/wire.ts';
import { proofReasonSchema } from '../proofs/schemas.ts';
import { deviceAcceptances } from './acceptance.ts';
import { clusterReasons, clusterStatuses } from './cluster.ts';
import { clusterEventKinds } from './event.ts';

export const createClusterSchema = z.strictObject({
  /** An open quote of the organisation; it is spent by this. */
  quote_id: idSchema('quo'),
  name: nameSchema.optional(),
  /** Without enough credit: wait 20 minutes for it in status unpaid, at the quoted price. */
  pay_later: z.boolean().default(false),
});

export const clusterSchema = z
  .strictObject({
    id: idSchema('clu'),
    object: z.literal('cluster'),
    name: z.string(),
    status: z.enum(clusterStatuses),
    status_reason: z.enum(clusterReasons),
    /** What to do about it; null where nothing is to be done. */
    suggestion: z.string().nullable(),
    quote_id: idSchema('quo'),
    region: z.string(),
    ray_version: z.string(),
    python_version: z.string(),
    hours: z.int(),
    /** While it is unpaid: the credit that it needs, and until when; it goes on by itself once it is there. */
    payment_due: z.strictObject({ hold: moneySchema, until: isoSchema }).nullable(),
    /** As quoted: whether its devices may prove themselves while it runs. */
    proof_consent: z.boolean(),
    lines: z.array(
      z.strictObject({
        line_id: z.string(),
        role: z.enum(['head', 'worker']),
        model: z.string(),
        processors: z.int(),
        /** What the device that serves the line costs; never above the quoted price. */
        price_per_hour: moneySchema,
      }),
    ),
    /** Nodes that Ray lists, of those ordered. */
    progress: z.strictObject({ nodes_alive: z.int(), nodes_ordered: z.int() }),
    /** What its proven time costs so far; the bill follows the ledger's settlements. */
    cost: moneySchema,
    created_at: isoSchema,
    running_at: isoSchema.nullable(),
    paid_until: isoSchema.nullable(),
    stopped_at: isoSchema.nullable(),
    /** Everything is stopped, settled and free. */
    closed_at: isoSchema.nullable(),
  })
  .meta({ id: 'Cluster' });

export const clusterNodeSchema = z
  .strictObject({
    id: idSchema('nod'),
    object: z.literal('node'),
    line_id: z.string(),
    role: z.enum(['head', 'worker']),
    model: z.string(),
    processors: z.int(),
    /** The device's public name. */
    device: z.string(),
    status: z.enum([
      'reserved',
      'commanded',
      'accepted',
      'started',
      'alive',
      'lost',
      'replaced',
      'refused',
      'exited',
      'stopped',
    ]),
    status_reason: z.string().nullable(),
    /** Whether the device showed what its model has to, before the paid time; null where it was replaced before. */
    acceptance: z
      .strictObject({ status: z.enum(deviceAcceptances), reason: proofReasonSchema.nullable() })
      .nullable(),
    price_per_hour: moneySchema,
    proven_seconds: z.int(),
  })
  .meta({ id: 'ClusterNode' });

export const clusterEventSchema = z
  .strictObject({
    object: z.literal('event'),
    sequence: z.int(),
    kind: z.enum(clusterEventKinds),
    status: z.enum(clusterStatuses),
    reason_code: z.string(),
    actor: z.string(),
    evidence: z.string().nullable(),
    at: isoSchema,
  })
  .meta({ id: 'ClusterEvent' });

export const connectionSchema = z
  .strictObject({
    object: z.literal('connection'),
    /** For `ray job submit` and the Jobs API; set RAY_ADDRESS to it. */
    ray_address: z.url(),
    /** For interactive drivers: ray.init(address=...). */
    client_address: z.string(),
    gcs_address: z.string(),
    /** Set RAY_AUTH_MODE=token and RAY_AUTH_TOKEN to it. Secret. */
    token: z.string(),
    ray_version: z.string(),
    python_version: z.string(),
    /** From where these addresses can be reached. */
    reachable_from: z.string(),
  })
  .meta({ id: 'Connection' });

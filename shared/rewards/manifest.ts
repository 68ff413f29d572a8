/**
 * The manifest of a committed epoch: the one document that names all others, by their content, so that whoever
 * trusts its hash trusts them. JSON in one spelling, members as below.
 */
import * as z from 'zod';
import { publishedStatementSchema } from './schemas.ts';

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.int().min(0);

export const manifestSchema = z.strictObject({
  v: z.literal(1),
  statement: publishedStatementSchema,
  /** Of the statement, in their order; see statement-parts.ts. */
  parts: z
    .array(
      z.strictObject({
        hash,
        rows: count,
        first_key: z.string().regex(/^([0-9a-f]{64})?$/),
        root: hash,
      }),
    )
    .min(1),
  /** What the ledger posts, and which devices were rewarded first: documents of a bounded size. */
  postings: z.array(z.strictObject({ hash, receipts: count, firsts: count })),
});

export type Manifest = z.infer<typeof manifestSchema>;

const amount = z
  .string()
  .regex(/^(0|[1-9][0-9]{0,20})$/)
  .transform(BigInt);

/** A document of postings. Amounts are base units of IO; `held_units` is a part of `units`. */
export const postingsSchema = z.strictObject({
  receipts: z.array(
    z.strictObject({ organisation_id: z.string(), units: amount, held_units: amount }),
  ),
  /** Devices whose first rewarded hour this is. */
  firsts: z.array(z.strictObject({ device_id: z.string(), organisation_id: z.string() })),
});

export type Postings = z.infer<typeof postingsSchema>;

/** What crosses the boundary about epochs: the hours of rewards and what was published of each. */
import * as z from 'zod';
import { moneySchema, moneyToJson } from '../core/money.ts';
import { hourMs, isoOf, isoOrNull } from '../core/time.ts';
import { isoSchema, listOf } from '../core/wire.ts';
import { emissionOf } from '../token/emission.ts';
import { closedAfterMs, type EpochView, epochStatuses } from './epoch.ts';
import { publishedStatementSchema, rewardProofSchema } from './schemas.ts';

/** The hour as `YYYY-MM-DDTHH`, UTC. */
const epochIdSchema = z.string().max(32).meta({ example: '2026-11-22T18' });

export const epochParams = z.strictObject({ epoch_id: epochIdSchema });

/** Query of GET /v1/epochs/{epoch_id}/statement. */
export const statementQuery = z.strictObject({
  /** From 0; the epoch says how many there are. */
  part: z
    .string()
    .regex(/^(0|[1-9][0-9]{0,5})$/, 'a whole number')
    .default('0')
    .transform(Number),
});

/** Query of GET /v1/epochs/{epoch_id}/proof. */
export const proofQuery = z.strictObject({
  /** The public id of a device, as it stands in the statement. */
  device: z.string().regex(/^[0-9a-z]{1,64}$/, 'the public id of a device'),
});

const hash = z.string().regex(/^[0-9a-f]{64}$/);

/** GET /v1/epochs/{epoch_id}. */
export const epochSchema = z
  .strictObject({
    object: z.literal('epoch'),
    id: epochIdSchema,
    /** Its number in the schedule of GET /v1/emission. */
    hour: z.int().min(0),
    /**
     * `in_progress` while the hour runs; `processing` until what it came to is published and posted; `failed`
     * while something did not add up, and nothing is posted.
     */
    status: z.enum(epochStatuses),
    starts_at: isoSchema,
    ends_at: isoSchema,
    /** It is closed from then on. */
    closes_at: isoSchema,
    /** What the schedule has for the hour. What was released stands in the statement's head. */
    scheduled: moneySchema,
    /** What was published: head and root. Null until then; it never changes. */
    statement: publishedStatementSchema.nullable(),
    /** In how many parts the statement's CSV is fetched; behind one another they are the CSV. */
    parts: z.int().min(1).nullable(),
    /** SHA-256 over the snapshot that everything follows from, and over the list of everything published. */
    input_sha256: hash.nullable(),
    output_sha256: hash.nullable(),
    committed_at: isoSchema.nullable(),
    /** When all of it was posted. */
    completed_at: isoSchema.nullable(),
  })
  .meta({ id: 'Epoch' });

export const epochListSchema = listOf(epochSchema);

/** GET /v1/epochs/{epoch_id}/proof. */
export const epochProofSchema = rewardProofSchema;

export const epochToJson = (view: EpochView): z.input<typeof epochSchema> => {
  const { id, hour, startMs, status, result } = view;
  return {
    object: 'epoch',
    id,
    hour,
    status,
    starts_at: isoOf(startMs),
    ends_at: isoOf(startMs + hourMs),
    closes_at: isoOf(startMs + hourMs + closedAfterMs),
    scheduled: moneyToJson({ asset: 'io', units: emissionOf(hour)?.units ?? 0n }),
    statement: result && { head: result.head as never, root: result.root },
    parts: result?.parts ?? null,
    input_sha256: result?.inputHash ?? null,
    output_sha256: result?.outputHash ?? null,
    committed_at: isoOrNull(result?.committedAtMs),
    completed_at: isoOrNull(view.completedAtMs),
  };
};

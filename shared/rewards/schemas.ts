/** What crosses the boundary about rewards: the head of a statement, and the proof of one's own share. */
import * as z from 'zod';
import { isoOf } from '../core/time.ts';
import { rewardGates } from './reward-gate.ts';

const hex32 = z.string().regex(/^[0-9a-f]{64}$/, '32 bytes, lower-case hex');
const decimal = z.string().regex(/^(0|[1-9][0-9]{0,26})$/, 'a whole number, as a string');
const code = z.string().regex(/^[a-z_]{1,64}$/, 'a code');

/** Whether the text is the one spelling of an hour since 1970. */
const isHour = (text: string): boolean => {
  const startMs = Date.parse(`${text}:00:00.000Z`);
  return startMs >= 0 && isoOf(startMs).startsWith(text);
};

/** The members of the head, as its leaf holds them. */
const head = {
  v: z.literal('1'),
  /** The hour: `YYYY-MM-DDTHH`, UTC. */
  epoch: z
    .string()
    .regex(/^\d{4}-\d\d-\d\dT\d\d$/, 'an hour')
    .refine((hour) => isHour(hour), 'an hour'),
  /** Its number in the schedule of GET /v1/emission. */
  hour: z.string().regex(/^(0|[1-9][0-9]{0,8})$/, 'a whole number'),
  /** Base units of IO that the hour released. */
  emission: decimal,
  enterprise_emission: decimal,
  enterprise_score: decimal,
  enterprise_unallocated: decimal,
  community_emission: decimal,
  community_score: decimal,
  community_unallocated: decimal,
  /** Rows of the statement. */
  entries: z.string().regex(/^(0|[1-9][0-9]{0,8})$/, 'a whole number'),
};

export const statementHeadSchema = z.strictObject(head).meta({ id: 'StatementHead' });

/** The head of a statement, and the root that fixes it with all rows. */
export const publishedStatementSchema = z
  .strictObject({ head: statementHeadSchema, root: hex32 })
  .meta({ id: 'PublishedStatement' });

export type PublishedStatement = z.infer<typeof publishedStatementSchema>;

const rowSchema = z.strictObject({
  public_id: z.string().regex(/^[0-9a-z]{1,64}$/, 'a public id'),
  pool: z.enum(['enterprise', 'community']),
  ...(Object.fromEntries(rewardGates.map((gate) => [gate, code])) as Record<
    (typeof rewardGates)[number],
    typeof code
  >),
  processors: decimal,
  proved: decimal,
  score: decimal,
  amount: decimal,
});

const path = z.array(hex32).max(64);

/** The proof that rows of one device stand in a statement. */
export const rewardProofSchema = z
  .strictObject({
    statement: publishedStatementSchema,
    /** From the head's leaf, which stands at 0, to the root. */
    head_path: path,
    /** One for each pool that the device has an entry in. */
    entries: z
      .array(
        z.strictObject({
          row: rowSchema,
          /** Place of the row's leaf in the tree, from 1. */
          place: z.int().min(1),
          /** The lowest hash first. */
          path,
        }),
      )
      .min(1)
      .max(2),
  })
  .meta({ id: 'RewardProof' });

export type RewardProof = z.infer<typeof rewardProofSchema>;

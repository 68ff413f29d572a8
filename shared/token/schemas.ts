/** What crosses the boundary about the token. */
import * as z from 'zod';
import { moneySchema } from '../core/money.ts';

/** Hours are told far beyond the end of the schedule: they emit nothing. */
const hourMax = 999_999_999;

/** Query of GET /v1/emission. */
export const emissionQuery = z.strictObject({
  /** Counted from the first hour of emission, which is 0. */
  hour: z
    .string()
    .regex(/^(0|[1-9][0-9]{0,8})$/, `a whole number from 0 to ${hourMax}`)
    .transform(Number)
    .meta({ example: '0' }),
});

/** GET /v1/emission: what an hour emits, with all that its amount follows from. */
export const emissionSchema = z
  .strictObject({
    object: z.literal('emission'),
    hour: z.int().min(0),
    emission: moneySchema,
    /** All hours up to the end of this one. */
    cumulative: moneySchema,
    /** What is emitted in all, over 175,320 hours. */
    total: moneySchema,
    /**
     * The month: the hour emits floor(amount * (hour_of_month + 1) / hours) - floor(amount * hour_of_month /
     * hours). Null after the last hour.
     */
    month: z
      .strictObject({
        number: z.int().min(1).max(240),
        amount: moneySchema,
        hours: z.int().min(730).max(731),
        hour_of_month: z.int().min(0),
      })
      .nullable(),
    /** SHA-256 of the amounts of all 240 months in decimal, joined by line feeds. */
    schedule_sha256: z.string(),
  })
  .meta({ id: 'Emission' });

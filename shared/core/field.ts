/**
 * Schemas of stored attributes. Numbers come back from the database as bigint: `wholeNumber` turns
 * counts and times into numbers and refuses what does not fit, amounts stay bigint.
 */
import * as z from 'zod';

/** A count or a time in milliseconds. */
export const wholeNumber = z
  .bigint()
  .refine((value) => value >= -(2n ** 53n) && value <= 2n ** 53n, 'beyond 2^53')
  .transform(Number);

/** An amount of money in base units. */
export const units = z.bigint();

/** A stored text that is one of our ids; the prefix was checked when it was made. */
export const storedId = <T extends string>() => z.string() as unknown as z.ZodType<T, T>;

/**
 * Forms that every request and answer shares: times, names, lists, object headers.
 */
import * as z from 'zod';

/** ISO 8601 UTC with milliseconds. */
export const isoSchema = z.iso.datetime({ offset: false }).meta({
  example: '2026-11-22T18:00:00.000Z',
});

/** A name that people give to a thing: 1 to 64 printable characters. */
export const nameSchema = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[\p{L}\p{N}\p{P}\p{S} ]+$/u, 'printable characters only');

/**
 * A body or an answer of raw bytes (`application/octet-stream`): as a route's `body` or `answer` it says
 * that there is no JSON.
 */
export const octetsSchema = z.custom<Uint8Array>((value) => value instanceof Uint8Array, 'octets');

/** Takes no parameters, no query or no body, and refuses every field. */
export const emptySchema = z.strictObject({});

/** Query parameters of every list. */
export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(100).default(20),
  cursor: z.string().max(1024).optional(),
};

/** The answer of every list. */
export const listOf = <T extends z.ZodType>(item: T) =>
  z.strictObject({
    object: z.literal('list'),
    data: z.array(item),
    has_more: z.boolean(),
    next_cursor: z.string().nullable(),
  });

/** A page of items as the answer of a list. */
export const toList = <T>(data: readonly T[], next: string | undefined) => ({
  object: 'list' as const,
  data: [...data],
  has_more: next !== undefined,
  next_cursor: next ?? null,
});

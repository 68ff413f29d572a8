/**
 * Parameters as Stripe's client sends them: form fields with nested keys (`a[b]`, `a[0][b]`, `a[]`),
 * decoded to plain values and held to the list of parameters that an endpoint honours. What Stripe
 * knows and this stand-in does not honour is refused, never ignored.
 */
import * as z from 'zod';
import { malformed, type Refusal } from '../world/refusal.ts';

type Value = string | Value[] | { [name: string]: Value };

const keyParts = (key: string): readonly string[] =>
  key.split('[').map((part) => part.replace(']', ''));

/** Maps whose keys are 0, 1, 2… become lists. */
const withLists = (value: Value): Value => {
  if (typeof value === 'string' || Array.isArray(value)) return value;
  const entries = Object.entries(value).map(([key, each]) => [key, withLists(each)] as const);
  const isList = entries.length > 0 && entries.every(([key], at) => key === String(at));
  return isList ? entries.map(([, each]) => each) : Object.fromEntries(entries);
};

/** Decodes a body or a query. Throws a refusal for a key that is used twice in different ways. */
export const decodeForm = (text: string): Record<string, Value> => {
  const root: { [name: string]: Value } = Object.create(null);
  for (const [key, value] of new URLSearchParams(text)) {
    const parts = keyParts(key);
    let at = root;
    parts.forEach((part, index) => {
      const name = part === '' ? String(Object.keys(at).length) : part;
      if (index === parts.length - 1) at[name] = value;
      else {
        at[name] ??= Object.create(null) as { [name: string]: Value };
        const next = at[name];
        if (typeof next === 'string' || Array.isArray(next)) {
          throw malformed('parameter_invalid', key, `Invalid parameter: ${key}`);
        }
        at = next;
      }
    });
  }
  return withLists(root) as Record<string, Value>;
};

/** A parameter set to nothing. */
export const unset = z.literal('');

export const text = z.string().min(1);
export const wholeNumber = z
  .string()
  .regex(/^-?\d{1,15}$/)
  .transform(Number);
export const flag = z.enum(['true', 'false']).transform((each) => each === 'true');
export const texts = z.array(text);

/** Up to 50 keys; an empty value removes its key. */
export const metadata = z
  .record(z.string().max(40), z.string().max(500))
  .refine((each) => Object.keys(each).length <= 50);

/** A time, or a range of times, in epoch seconds. */
export const range = z.union([
  wholeNumber.transform((at) => ({ gt: undefined, gte: at, lt: undefined, lte: at })),
  z.strictObject({
    gt: wholeNumber.optional(),
    gte: wholeNumber.optional(),
    lt: wholeNumber.optional(),
    lte: wholeNumber.optional(),
  }),
]);

/** The parameters of an endpoint; their names are checked against those of Stripe's client. */
export const form =
  <Params>() =>
  <Shape extends z.core.$ZodShape>(
    shape: Shape & { readonly [Name in Exclude<keyof Shape, keyof Params>]: never },
  ): z.ZodObject<Shape, z.core.$strict> =>
    z.strictObject<Shape>(shape);

const spelled = (path: readonly PropertyKey[]): string =>
  path.map((part, at) => (at === 0 ? String(part) : `[${String(part)}]`)).join('');

const valueAt = (value: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (at, part) => (at as Record<PropertyKey, unknown> | undefined)?.[part],
    value,
  );

const refusalOf = (issue: z.core.$ZodIssue, raw: unknown): Refusal => {
  if (issue.code === 'unrecognized_keys') {
    const param = spelled([...issue.path, issue.keys[0] ?? '']);
    return malformed('parameter_unknown', param, `Received unknown parameter: ${param}`);
  }
  const param = spelled(issue.path);
  const value = valueAt(raw, issue.path);
  if (value === undefined) {
    return malformed('parameter_missing', param, `Missing required param: ${param}.`);
  }
  if (value === '') {
    const message = `You passed an empty string for '${param}'.`;
    return malformed('parameter_invalid_empty', param, message);
  }
  if (issue.code === 'invalid_format') {
    return malformed('parameter_invalid_integer', param, `Invalid integer: ${String(value)}`);
  }
  return malformed('parameter_invalid', param, `Invalid ${param}: ${JSON.stringify(value)}`);
};

/** What was sent, as the endpoint takes it; throws the refusal that Stripe would answer. */
export const parseForm = <Schema extends z.ZodType>(
  schema: Schema,
  raw: unknown,
): z.output<Schema> => {
  const parsed = schema.safeParse(raw);
  if (parsed.success) return parsed.data;
  const first = parsed.error.issues[0];
  throw first === undefined ? malformed('parameter_invalid', '', 'Invalid') : refusalOf(first, raw);
};

/** The metadata after a change: empty values remove their keys. */
export const mergedMetadata = (
  before: Readonly<Record<string, string>>,
  change: Readonly<Record<string, string>> | '' | undefined,
): Record<string, string> => {
  if (change === undefined) return { ...before };
  if (change === '') return {};
  return Object.fromEntries(
    Object.entries({ ...before, ...change }).filter(([, value]) => value !== ''),
  );
};

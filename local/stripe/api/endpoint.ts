/**
 * What an endpoint of the API is: a method, a path, the parameters that it honours, and what it does.
 * Lists share their paging here: newest first, `limit`, `starting_after`, `ending_before`, `created`.
 */
import * as z from 'zod';
import { invalid, malformed, missing } from '../world/refusal.ts';
import type { World } from '../world/world.ts';
import { type range, text, wholeNumber } from './form.ts';

export interface Endpoint {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** With `:id` where the id stands. */
  readonly path: string;
  readonly accepts: z.ZodType;
  readonly act: (world: World, parameters: never, id: string) => object;
}

/** One endpoint. */
export const endpoint = <Schema extends z.ZodType>(
  route: `${Endpoint['method']} /v1/${string}`,
  accepts: Schema,
  act: (world: World, parameters: z.output<Schema>, id: string) => object,
): Endpoint => {
  const [method, path] = route.split(' ') as [Endpoint['method'], string];
  return { method, path, accepts, act };
};

/** The parameters of an endpoint that takes none. */
export const nothing = z.strictObject({});

const paging = {
  limit: wholeNumber.optional(),
  starting_after: text.optional(),
  ending_before: text.optional(),
};

interface Paging {
  readonly limit?: number | undefined;
  readonly starting_after?: string | undefined;
  readonly ending_before?: string | undefined;
  readonly created?: z.output<typeof range> | undefined;
}

interface Listed {
  readonly id: string;
  readonly created?: number;
}

const limitMax = 100;
const limitUsual = 10;

const within = (created: number, { gt, gte, lt, lte }: NonNullable<Paging['created']>): boolean =>
  (gt === undefined || created > gt) &&
  (gte === undefined || created >= gte) &&
  (lt === undefined || created < lt) &&
  (lte === undefined || created <= lte);

/** One page of these objects, which come in the order of their making. */
export const pageOf = (url: string, made: readonly Listed[], asked: Paging): object => {
  const limit = asked.limit ?? limitUsual;
  if (limit < 1 || limit > limitMax) {
    throw malformed('parameter_invalid_integer', 'limit', `The limit must be 1 to ${limitMax}.`);
  }
  const { starting_after: after, ending_before: before, created } = asked;
  if (after !== undefined && before !== undefined) {
    throw invalid('You may only specify one of starting_after and ending_before.');
  }
  const all = made.toReversed();
  const cursor = after ?? before;
  const at = all.findIndex(({ id }) => id === cursor);
  if (cursor !== undefined && at < 0) {
    throw missing('object', cursor, after === undefined ? 'ending_before' : 'starting_after');
  }
  const fits = (each: Listed) => created === undefined || within(each.created ?? 0, created);
  const side = (before === undefined ? all.slice(at + 1) : all.slice(0, at)).filter(fits);
  const data = before === undefined ? side.slice(0, limit) : side.slice(-limit);
  return { object: 'list', data, has_more: side.length > limit, url };
};

/**
 * An endpoint that lists: `select` answers what there is, in the order of its making. The path's own
 * parameters are given beside those of every list.
 */
export const listEndpoint = <Shape extends z.core.$ZodShape>(
  path: `/v1/${string}`,
  shape: Shape,
  select: (
    world: World,
    parameters: z.output<z.ZodObject<Shape, z.core.$strict>>,
    id: string,
  ) => readonly Listed[],
): Endpoint => {
  const accepts = z.strictObject({ ...shape, ...paging });
  return {
    method: 'GET',
    path,
    accepts,
    act: (world: World, parameters: never, id: string) =>
      pageOf(path.replace(':id', id), select(world, parameters, id), parameters as Paging),
  };
};

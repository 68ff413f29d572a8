/** The endpoints of the token: its emission. */
import { emptySchema } from '../../shared/core/wire.ts';
import { emissionQuery, emissionSchema } from '../../shared/token/schemas.ts';
import { type Route, route } from '../kit/route.ts';
import type { Runtime } from '../kit/runtime.ts';
import { getEmission } from './get-emission.ts';

/** The schedule never changes, so everybody may keep an hour of it for a year. */
const immutable = 'public, max-age=31536000, immutable';

export const tokenRoutes: readonly Route<Runtime>[] = [
  route({
    name: 'getEmission',
    method: 'GET',
    path: '/v1/emission',
    summary: 'Shows what an hour of the schedule emits, and what its amount follows from.',
    authentication: 'public',
    scope: null,
    params: emptySchema,
    query: emissionQuery,
    body: emptySchema,
    answer: emissionSchema,
    answerHeaders: () => ({ 'cache-control': immutable }),
    status: 200,
    errors: [],
    handle: getEmission,
  }),
];

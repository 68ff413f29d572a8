/** The operator's endpoint of the treasury. */
import { emptySchema } from '../../../shared/core/wire.ts';
import { treasurySchema } from '../../../shared/payments/treasury/treasury-schemas.ts';
import { type Route, route } from '../../kit/route.ts';
import type { Runtime } from '../../kit/runtime.ts';
import { showTreasury } from './get-treasury.ts';

export const treasuryRoutes: readonly Route<Runtime>[] = [
  route({
    name: 'getTreasury',
    method: 'GET',
    path: '/v1/treasury',
    summary: 'Shows what the platform holds on Solana, owes and is owed. For the operator.',
    authentication: 'key',
    scope: 'treasury:read',
    params: emptySchema,
    query: emptySchema,
    body: emptySchema,
    answer: treasurySchema,
    status: 200,
    errors: ['solana.not_configured'],
    handle: showTreasury,
  }),
];

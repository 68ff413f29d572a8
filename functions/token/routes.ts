/** The endpoints of the token: its emission, its genesis, its supply. */
import { emptySchema } from '../../shared/core/wire.ts';
import { emissionQuery, emissionSchema } from '../../shared/token/schemas.ts';
import {
  genesisSchema,
  setGenesisSchema,
  tokenSupplySchema,
} from '../../shared/token/token-schemas.ts';
import { type Route, route } from '../kit/route.ts';
import type { Runtime } from '../kit/runtime.ts';
import { getEmission } from './get-emission.ts';
import { getTokenSupply } from './get-token-supply.ts';
import { setGenesis } from './set-genesis.ts';

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
  route({
    name: 'getTokenSupply',
    method: 'GET',
    path: '/v1/token/supply',
    summary: 'Shows how much of the token was minted, emitted and burned, and where to check it.',
    authentication: 'public',
    scope: null,
    params: emptySchema,
    query: emptySchema,
    body: emptySchema,
    answer: tokenSupplySchema,
    status: 200,
    errors: ['token.none'],
    handle: getTokenSupply,
  }),
  route({
    name: 'setGenesis',
    method: 'PUT',
    path: '/v1/token/genesis',
    summary:
      'Orders the making of the own mint and its allocations, once, and says how far it is. For the operator.',
    authentication: 'key',
    scope: 'token:genesis',
    params: emptySchema,
    query: emptySchema,
    body: setGenesisSchema,
    answer: genesisSchema,
    status: 200,
    errors: [
      'solana.not_configured',
      'token.genesis_ordered',
      'token.genesis_wallets',
      'token.none',
      'token.not_own',
    ],
    handle: setGenesis,
  }),
];

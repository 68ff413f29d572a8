/** The endpoints of speed tests. They stand among the agents' endpoints, which one function serves. */
import * as z from 'zod';
import { idSchema } from '../../shared/core/ids.ts';
import { emptySchema } from '../../shared/core/wire.ts';
import { speedAnswerSchema, speedExchangeSchema } from '../../shared/devices/speed-schemas.ts';
import { type Route, route } from '../kit/route.ts';
import type { Runtime } from '../kit/runtime.ts';
import { pingSpeedTest } from './ping-speed-test.ts';

const oneTest = z.strictObject({ test_id: idSchema('spt') });
const errors = [
  'speed_test.unknown',
  'speed_test.out_of_order',
  'speed_test.over',
  'speed_test.content',
] as const;

export const speedTestRoutes: readonly Route<Runtime>[] = [
  route({
    name: 'pingSpeedTest',
    method: 'POST',
    path: '/v1/agent/speed-tests/{test_id}/ping',
    summary: 'An empty exchange of a speed test; says what was received before it.',
    authentication: 'device',
    scope: null,
    params: oneTest,
    query: emptySchema,
    body: speedExchangeSchema,
    answer: speedAnswerSchema,
    status: 200,
    errors,
    handle: pingSpeedTest,
  }),
];

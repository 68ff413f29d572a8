/** The agents' endpoints that are about devices: hardware and speed tests. The function of agents serves them. */
import * as z from 'zod';
import { idSchema } from '../../shared/core/ids.ts';
import { emptySchema, octetsSchema } from '../../shared/core/wire.ts';
import {
  reportHardwareAnswerSchema,
  reportHardwareSchema,
} from '../../shared/devices/agent-schemas.ts';
import { speedPartBytesMax } from '../../shared/devices/speed-policy.ts';
import {
  exchangeNumberSchema,
  speedAnswerSchema,
  speedExchangeSchema,
} from '../../shared/devices/speed-schemas.ts';
import { type Route, route } from '../kit/route.ts';
import type { Runtime } from '../kit/runtime.ts';
import { downloadSpeedTest } from './download-speed-test.ts';
import { pingSpeedTest } from './ping-speed-test.ts';
import { reportHardware } from './report-hardware.ts';
import { uploadSpeedTest } from './upload-speed-test.ts';

const oneTest = z.strictObject({ test_id: idSchema('spt') });
const errors = [
  'speed_test.unknown',
  'speed_test.out_of_order',
  'speed_test.over',
  'speed_test.content',
] as const;

export const deviceAgentRoutes: readonly Route<Runtime>[] = [
  route({
    name: 'reportHardware',
    method: 'PUT',
    path: '/v1/agent/hardware',
    summary: 'Tells what the machine has; other hardware than before is verified anew.',
    authentication: 'device',
    scope: null,
    params: emptySchema,
    query: emptySchema,
    body: reportHardwareSchema,
    answer: reportHardwareAnswerSchema,
    status: 200,
    errors: ['device.hired', 'device.key_retired'],
    handle: reportHardware,
  }),
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
  route({
    name: 'downloadSpeedTest',
    method: 'POST',
    path: '/v1/agent/speed-tests/{test_id}/down',
    summary: 'An exchange of a speed test that brings octets; says what was received before it.',
    authentication: 'device',
    scope: null,
    params: oneTest,
    query: emptySchema,
    body: speedExchangeSchema,
    answer: octetsSchema,
    answerHeaders: () => ({ 'cache-control': 'no-store' }),
    status: 200,
    errors,
    handle: downloadSpeedTest,
  }),
  route({
    name: 'uploadSpeedTest',
    method: 'PUT',
    path: '/v1/agent/speed-tests/{test_id}/up/{number}',
    summary: 'An exchange of a speed test that sends octets.',
    authentication: 'device',
    scope: null,
    params: oneTest.extend({ number: z.coerce.number().pipe(exchangeNumberSchema) }),
    query: emptySchema,
    body: octetsSchema,
    bodyBytesMax: speedPartBytesMax,
    answer: speedAnswerSchema,
    status: 200,
    errors: [...errors, 'speed_test.length'],
    handle: uploadSpeedTest,
  }),
];

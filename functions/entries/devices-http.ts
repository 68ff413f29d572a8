/** Lambda `devices-http`: the devices endpoints. */
import { devicesRoutes } from '../devices/routes.ts';
import { keyModeOf } from '../kit/env.ts';
import { httpFunction } from '../kit/http.ts';
import { createRuntime, environment } from '../kit/runtime.ts';

const env = environment();
const runtime = { ...createRuntime(env), socketUrl: env.require('SOCKET_URL') };

export const handler = httpFunction(runtime, devicesRoutes, { keyMode: keyModeOf(env) });

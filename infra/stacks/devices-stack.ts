/** Suppliers, sites, devices and their presence; the agents' socket. */

import { LambdaFunction } from '../constructs/lambda-function.ts';
import { PlatformStack } from '../constructs/platform-stack.ts';
import { AgentSocketApi } from '../constructs/socket-api.ts';
import { NounTable, readWrite } from '../constructs/table.ts';
import type { ApiStack } from './api-stack.ts';
import type { IdentityStack } from './identity-stack.ts';

export class DevicesStack extends PlatformStack {
  readonly devices: NounTable<'devices'>;
  readonly presence: NounTable<'presence'>;
  readonly socket: AgentSocketApi;

  constructor(api: ApiStack, { identity }: IdentityStack) {
    super(api, 'devices');
    this.devices = new NounTable(this, 'devices');
    this.presence = new NounTable(this, 'presence');
    this.socket = new AgentSocketApi(this);
    api.addEndpoints(this, {
      name: 'devices-http',
      segments: ['supplier', 'sites', 'join-tokens', 'devices'],
      identity,
      tables: [readWrite(this.devices, 'by_owner'), readWrite(this.presence)],
      environment: { SOCKET_URL: this.socket.url },
    });
    const messages = new LambdaFunction(this, {
      name: 'devices-socket',
      tables: [readWrite(this.presence), readWrite(this.devices), readWrite(api.requests)],
      timeoutSeconds: 10,
    });
    this.socket.serve(messages, ['$connect', '$disconnect', 'heartbeat']);
  }
}

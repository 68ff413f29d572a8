/** The IO token: so far its emission, which everybody may read. */
import { PlatformStack } from '../constructs/platform-stack.ts';
import type { ApiStack } from './api-stack.ts';

export class TokenStack extends PlatformStack {
  constructor(api: ApiStack) {
    super(api, 'token');
    api.addEndpoints(this, {
      name: 'token-http',
      segments: ['emission'],
      // Public: no API key is looked up.
      identity: undefined,
      tables: [],
    });
  }
}

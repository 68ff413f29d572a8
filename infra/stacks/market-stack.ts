/** Prices, offers and quotes. */
import { PlatformStack } from '../constructs/platform-stack.ts';
import { NounTable, read, readWrite } from '../constructs/table.ts';
import type { ApiStack } from './api-stack.ts';
import type { DevicesStack } from './devices-stack.ts';
import type { IdentityStack } from './identity-stack.ts';

export class MarketStack extends PlatformStack {
  readonly market: NounTable<'market'>;

  constructor(api: ApiStack, { identity }: IdentityStack, { devices }: DevicesStack) {
    super(api, 'market');
    this.market = new NounTable(this, 'market');
    api.addEndpoints(this, {
      name: 'market-http',
      segments: ['hardware', 'prices', 'offers', 'quotes'],
      identity,
      tables: [readWrite(this.market, 'by_owner'), read(devices, 'by_offer', 'by_owner')],
    });
  }
}

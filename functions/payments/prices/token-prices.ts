/** The prices of tokens that money moves at, out of what `read-prices` stored; nothing here asks a source. */
import { AppError } from '../../../shared/core/errors.ts';
import type { IoPrice } from '../../../shared/ledger/io-price.ts';
import { listPriceSamples } from '../../../shared/payments/prices/price-store.ts';
import {
  decideIoPrice,
  decidePeg,
  type IoPriceDecision,
  type Peg,
} from '../../../shared/payments/prices/token-price.ts';
import type { Runtime } from '../../kit/runtime.ts';

type PriceReads = Pick<Runtime, 'database' | 'clock'>;

/** Prices are read every minute. */
const retryAfterSeconds = 60;

const decideNow = async (needs: PriceReads): Promise<IoPriceDecision> =>
  decideIoPrice(await listPriceSamples(needs.database, 'io'), needs.clock.nowMs());

/** The price of IO; undefined while there is none that can be relied on. For figures, not for money. */
export const ioPriceNow = async (needs: PriceReads): Promise<IoPrice | undefined> => {
  const decision = await decideNow(needs);
  return decision.outcome === 'current' ? decision.price : undefined;
};

/** The price of IO; throws `token_price.unavailable` while there is none that can be relied on. */
export const requireIoPrice = async (needs: PriceReads): Promise<IoPrice> => {
  const decision = await decideNow(needs);
  if (decision.outcome === 'current') return decision.price;
  throw new AppError('token_price.unavailable', {
    retryAfterSeconds,
    extra: { reason: decision.outcome },
  });
};

/** Whether USDC counts as a dollar now: nothing is credited in it unless it is `at_par`. */
export const getUsdcPeg = async (needs: PriceReads): Promise<Peg> =>
  decidePeg(await listPriceSamples(needs.database, 'usdc'), needs.clock.nowMs());

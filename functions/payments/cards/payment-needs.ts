/** What every function of card money has beside the common runtime. */
import type { StripePort } from '../../../shared/adapters/stripe-port.ts';
import type { KeyMode } from '../../../shared/identity/api-key.ts';
import type { Runtime } from '../../kit/runtime.ts';

export interface PaymentNeeds extends Runtime {
  /** Throws `card.not_configured` while there is no key for it. */
  readonly stripe: () => Promise<StripePort>;
  /** `live` where money is real. */
  readonly keyMode: KeyMode;
}

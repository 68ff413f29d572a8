/** The control of this stand-in, typed by its contract. */
import { type Control, controlOf } from '../../control-client.ts';
import type { Commands } from './commands.ts';

export type StripeControl = Control<Commands>;

/** The control of the stand-in at this address. */
export const stripeControl = (url: string): StripeControl =>
  controlOf<Commands>({ name: 'Stripe stand-in', url });

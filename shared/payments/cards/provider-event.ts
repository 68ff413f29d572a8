/**
 * Events of the card provider. An event only says where to look: what it tells of amounts and states is
 * never believed, for events come late, twice and in any order. Pure.
 */
import * as z from 'zod';

/** An event as it was sent. */
export interface ProviderEvent {
  /** `evt_...` */
  readonly id: string;
  readonly type: string;
  readonly liveMode: boolean;
  /** Another account's, on whose behalf it was sent; null: our own. */
  readonly account: string | null;
  readonly createdAtS: number;
  readonly subject: EventSubject;
}

/** Where to look. */
export type EventSubject =
  | { readonly kind: 'payment'; readonly paymentId: string }
  /** A provider's page; its payment may not have begun. */
  | { readonly kind: 'checkout'; readonly checkoutId: string }
  /** The issuer may suspect fraud: no money has moved yet. */
  | { readonly kind: 'fraud_warning'; readonly paymentId: string }
  /** Nothing that the platform keeps. */
  | { readonly kind: 'none' };

const reference = z.union([z.string(), z.object({ id: z.string() })]).nullish();

const sent = z.object({
  id: z.string().regex(/^evt_[A-Za-z0-9_]{1,250}$/),
  type: z.string().min(1).max(128),
  livemode: z.boolean(),
  account: z.string().nullish(),
  created: z.int().min(0),
  data: z.object({
    object: z.looseObject({
      id: z.string().optional(),
      object: z.string(),
      payment_intent: reference,
    }),
  }),
});

/** The event in a verified body; undefined when it is none. */
export const readProviderEvent = (body: string): ProviderEvent | undefined => {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return undefined;
  }
  const parsed = sent.safeParse(json);
  if (!parsed.success) return undefined;
  const { id, type, livemode, account, created } = parsed.data;
  const subject = subjectOf(type, parsed.data.data.object);
  return { id, type, liveMode: livemode, account: account ?? null, createdAtS: created, subject };
};

const idOf = (value: z.output<typeof reference>): string | undefined =>
  typeof value === 'string' ? value : value?.id;

const subjectOf = (type: string, object: z.output<typeof sent>['data']['object']): EventSubject => {
  if (object.object === 'checkout.session' && object.id !== undefined) {
    return { kind: 'checkout', checkoutId: object.id };
  }
  const paymentId = object.object === 'payment_intent' ? object.id : idOf(object.payment_intent);
  if (paymentId === undefined) return { kind: 'none' };
  if (type === 'radar.early_fraud_warning.created') return { kind: 'fraud_warning', paymentId };
  return { kind: 'payment', paymentId };
};

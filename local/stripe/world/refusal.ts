/** Errors as Stripe's API answers them: a status, and a body that its client turns into an exception. */
import type { CardError, PaymentIntent, PaymentMethod, SetupIntent } from '../world/objects.ts';

/** What stands under `error` in the body. */
export interface RefusalBody {
  readonly type:
    | 'api_error'
    | 'card_error'
    | 'idempotency_error'
    | 'invalid_request_error'
    | 'rate_limit_error';
  readonly message: string;
  readonly code?: string;
  readonly decline_code?: string;
  readonly param?: string;
  readonly charge?: string;
  readonly payment_intent?: PaymentIntent;
  readonly payment_method?: PaymentMethod;
  readonly setup_intent?: SetupIntent;
}

/** Thrown by whatever serves a request; the server answers it. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  readonly body: RefusalBody;
  /** The request did not parse: nothing was done, and its idempotency key stays free. */
  readonly beforeExecution: boolean;

  constructor(status: number, body: RefusalBody, beforeExecution = false) {
    super(body.message);
    this.status = status;
    this.body = body;
    this.beforeExecution = beforeExecution;
  }
}

const type = 'invalid_request_error';

/** A parameter that is unknown, missing or of the wrong type. */
export const malformed = (code: string, param: string, message: string): Refusal =>
  new Refusal(400, { type, code, param, message }, true);

/** A request that the state of things forbids. */
export const invalid = (message: string, more: { code?: string; param?: string } = {}): Refusal =>
  new Refusal(400, { type, message, ...more });

/** An id that names nothing; 404 where it stands in the path, 400 where it is a parameter. */
export const missing = (kind: string, id: string, param?: string): Refusal =>
  new Refusal(param === undefined ? 404 : 400, {
    type,
    code: 'resource_missing',
    param: param ?? 'id',
    message: `No such ${kind}: '${id}'`,
  });

/** A card that was refused: 402 with the intent as it is now. */
export const cardRefused = (
  error: CardError,
  intent: { readonly payment_intent?: PaymentIntent; readonly setup_intent?: SetupIntent } = {},
): Refusal => new Refusal(402, { ...error, ...intent });

/** The object, or a refusal that names what is missing. */
export const required = <T>(found: T | undefined, kind: string, id: string, param?: string): T => {
  if (found === undefined) throw missing(kind, id, param);
  return found;
};
